// The sign of life of a worker: one row with a lease, renewed by one statement well before it expires, and an advisory lock that the
// worker's own session holds. A worker that stops renewing is presumed dead when its lease expires. One whose lock is free, and that
// does not renew shortly after, is presumed dead immediately (failure-detector.ts).
//
// A session that breaks takes the lock with it. So each renewal names the session that holds the lock, and the database trusts the
// lock only if the renewal comes from that very session, twice in a row; otherwise the worker takes the lock anew. Behind a pooler
// no session is the worker's own: the backend that took the lock is not the one that the server named when the connection was made.
// A pooler that passes on the name of a real backend shows itself by renewals from ever other sessions. Either way the worker gives
// up the lock, and the lease alone decides.
import os from 'node:os';
import type { Driver, Run, Session } from '../drivers/driver.ts';
import type { Enrolled, WorkersStore } from '../store/workers/workers.ts';
import { within } from './call-timeout.ts';

/** `host:pid`, the name of this process in the table of workers. */
export const workerLabel = (): string => `${os.hostname()}:${process.pid}`;

type LeaseStore = Pick<WorkersStore, 'enrol' | 'lock' | 'renew' | 'resign'>;

export interface LeaseOptions {
  readonly label: string;
  /** The same for all workers of this process. */
  readonly processId: string;
  readonly leaseMs: number;
  /** Makes the session that holds the lock; without one the lease alone decides. */
  readonly openSession?: Driver['openSession'] | undefined;
}

export interface LeaseListener {
  /** Another worker has marked this one dead; it is enrolled anew under `newWorkerId`. */
  onLost(workerId: number, newWorkerId: number): void;
  /** A renewal failed that began at `since`. */
  onError(error: unknown, since: number): void;
  onRenewed(): void;
  /** The worker's own session is gone, and all that it held. */
  onSessionLost(): void;
}

const SILENT: LeaseListener = { onLost: () => {}, onError: () => {}, onRenewed: () => {}, onSessionLost: () => {} };

/** Renewals per lease: two may be missed. */
const RENEWALS = 3;
/** The time to the next renewal when the lock was taken, or could not be. */
const SOON_MS = 100;
/** And when the renewal failed: after a restart of the database the other workers wait for it. */
const RETRY_MS = 500;
/** So many renewals in a row from ever other sessions show a pooler. */
const POOLED = 3;

export class Lease {
  readonly #workers: LeaseStore;
  readonly #options: LeaseOptions;
  #listener = SILENT;
  #session: Session | undefined;
  #workerId: number;
  /** When the last renewal expires, by this process's own clock. */
  #until: number;
  /** The session that took the lock. */
  #lockPid: number | undefined;
  /** The session of the last renewal. */
  #lastPid: number | undefined;
  #changes = 0;
  #round = 0;
  #failures = 0;
  #hasOthers = true;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #isStopping = false;
  #ended = false;

  /** When the worker first enrolled, by the database's clock, in microseconds since 1970. */
  readonly enrolledAtUs: number;

  private constructor(workers: LeaseStore, options: LeaseOptions, { id, atUs }: Enrolled, until: number) {
    this.#workers = workers;
    this.#options = options;
    this.#workerId = id;
    this.enrolledAtUs = atUs;
    this.#until = until;
    this.#openSession();
    this.#schedule(this.#usesLock ? 0 : this.#interval);
  }

  static async enrol(workers: LeaseStore, options: LeaseOptions): Promise<Lease> {
    const until = performance.now() + options.leaseMs;
    return new Lease(workers, options, await workers.enrol(options), until);
  }

  /** From now on the listener is notified. A worker that listens from the turn in which it enrolled misses nothing. */
  reportTo(listener: LeaseListener): void {
    this.#listener = listener;
  }

  /** Another one after the lease was lost. */
  get workerId(): number {
    return this.#workerId;
  }

  /** Whether there were other workers at the last renewal. */
  get hasOthers(): boolean {
    return this.#hasOthers;
  }

  /** The worker's own session while it holds the worker's lock; so never one behind a pooler, where no session lasts. */
  get session(): Run | undefined {
    return this.#lockPid === undefined ? undefined : this.#session?.run;
  }

  /** Whether deliveries that were claimed under this id are still the worker's, as far as it knows. */
  owns(workerId: number): boolean {
    return workerId === this.#workerId && performance.now() < this.#until;
  }

  /**
   * Renews at once, and each renewal from now on says that the worker is stopping: if its process is killed for being slow, that is not
   * charged to the deliveries that it holds. Waits for nothing; a renewal that fails is tried again.
   */
  stopping(): void {
    this.#isStopping = true;
    this.#renewNow();
  }

  /** Stops renewing and leaves. Other workers rescue at once what the worker still holds. */
  async resign(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#renewing;
    try {
      await this.#workers.resign(this.#workerId);
    } finally {
      await this.#session?.close().catch(() => {});
    }
  }

  get #interval(): number {
    return this.#options.leaseMs / RENEWALS;
  }

  get #usesLock(): boolean {
    return this.#session !== undefined && this.#changes < POOLED;
  }

  #schedule(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renewAndSchedule();
    }, waitMs);
    this.#timer.unref();
  }

  async #renewAndSchedule(): Promise<void> {
    const wasStopping = this.#isStopping;
    const waitMs = await this.#renewInTime();
    this.#renewing = undefined;
    if (!this.#ended) this.#schedule(wasStopping === this.#isStopping ? waitMs : 0);
  }

  /** Does nothing while a renewal is under way. */
  #renewNow(): void {
    if (this.#ended || this.#renewing) return;
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  /** The lock is gone with the session: the other workers must see a renewal before their second check. */
  #sessionLost(): void {
    this.#lockPid = undefined;
    this.#listener.onSessionLost();
    this.#renewNow();
  }

  #openSession(): void {
    const session = this.#options.openSession?.(() => {
      if (this.#session === session) this.#sessionLost();
    });
    this.#session = session;
  }

  /** Returns the time to the next renewal. */
  async #renewInTime(): Promise<number> {
    const begun = performance.now();
    try {
      return await within(this.#interval, 'a renewal', this.#renew());
    } catch (error) {
      this.#round++;
      this.#lockPid = undefined;
      // A connection that is dead without having noticed stays dead.
      void this.#session?.close().catch(() => {});
      this.#openSession();
      // Without a session of its own, what the worker holds is on a session that only took too long.
      if (this.#session) this.#listener.onSessionLost();
      this.#listener.onError(error, begun);
      // Soon at first: while its lock is free, the second check of another worker would mark it dead.
      return Math.min(this.#failures++ === 0 ? SOON_MS : RETRY_MS, this.#interval);
    }
  }

  async #renew(): Promise<number> {
    const { leaseMs } = this.#options;
    const round = ++this.#round;
    const until = performance.now() + leaseMs;
    const lock = this.#session && this.#usesLock ? { run: this.#session.run, pid: await this.#lock(this.#session, round) } : undefined;
    if (round !== this.#round) return this.#interval;
    const renewed = await this.#workers.renew(this.#workerId, leaseMs, { lock, isStopping: this.#isStopping });
    const pid = renewed?.pid;
    // This renewal took too long, and another is under way.
    if (round !== this.#round) return this.#interval;
    if (pid === undefined) await this.#enrolAnew();
    this.#until = until;
    this.#hasOthers = renewed?.hasOthers ?? true;
    this.#failures = 0;
    this.#listener.onRenewed();
    return lock !== undefined && (pid === undefined || this.#isUnsettled(pid)) ? SOON_MS : this.#interval;
  }

  async #lock({ run, lastPid }: Session, round: number): Promise<number | undefined> {
    if (this.#lockPid !== undefined) return this.#lockPid;
    const pid = await this.#workers.lock(this.#workerId, run);
    // A session that was given up meanwhile holds no lock of this worker.
    if (round !== this.#round) return undefined;
    // While the pooler is quiet, this worker and those that check it share one backend, to which the lock is free.
    if (pid !== undefined && pid !== lastPid()) this.#changes = POOLED;
    else this.#lockPid = pid;
    return this.#lockPid;
  }

  /** Whether the database does not trust the lock yet, though it soon may. */
  #isUnsettled(pid: number): boolean {
    const before = this.#lastPid;
    this.#lastPid = pid;
    // An earlier session of this worker that has ended holds the lock still: there is time until the next renewal.
    if (this.#lockPid === undefined) return false;
    if (pid === this.#lockPid) {
      if (pid === before) this.#changes = 0;
      return pid !== before;
    }
    this.#lockPid = undefined;
    this.#changes++;
    return true;
  }

  async #enrolAnew(): Promise<void> {
    const lost = this.#workerId;
    this.#workerId = (await this.#workers.enrol(this.#options)).id;
    this.#lockPid = undefined;
    this.#listener.onLost(lost, this.#workerId);
  }
}
