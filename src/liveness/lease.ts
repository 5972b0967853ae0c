// A worker's life as others see it: one row with a lease, renewed by one statement well before it is over, and an
// advisory lock that its own session holds. Who does not renew is dead to the others; who loses the lock without a renewal
// soon after is dead at once, and need not be waited for (liveness/failure-detector.ts).
//
// A session that breaks takes the lock with it. So each renewal says which session holds the lock, and the database
// believes it only if the renewal comes from that very session, twice in a row; else the lock is taken anew. Behind a pooler
// no session is the worker's own: the server's process that took the lock is not the one that the connection was told of.
// A pooler that tells of a real one is known by renewals from ever other sessions. Either way the lock is given up, and the
// lease decides alone.
import os from 'node:os';
import type { Driver, Run, Session } from '../drivers/driver.ts';
import type { Enrolled, WorkersStore } from '../store/workers/workers.ts';
import { within } from './call-timeout.ts';

/** `host:pid`, as others see this process. */
export const workerLabel = (): string => `${os.hostname()}:${process.pid}`;

export interface LeaseOptions {
  readonly label: string;
  /** The same for all workers of this process. */
  readonly processId: string;
  readonly leaseMs: number;
  /** Makes the session that holds the lock; without one the lease decides alone. */
  readonly openSession?: Driver['openSession'] | undefined;
  /** Others found this worker dead; it is enrolled anew under `newWorkerId`. */
  onLost(workerId: number, newWorkerId: number): void;
  /** @param since when what failed began */
  onError(error: unknown, since: number): void;
  onRenewed(): void;
  /** What the worker's own session held is gone. */
  onSessionLost(): void;
}

/** Renewals per lease: two may be missed. */
const RENEWALS = 3;
/** The next renewal when the lock was taken, or could not be. */
const SOON_MS = 100;
/** And when it failed: after a restart of the database the others wait for it. */
const RETRY_MS = 500;
/** Renewals in a row from ever other sessions that show a pooler. */
const POOLED = 3;

export class Lease {
  readonly #workers: WorkersStore;
  readonly #options: LeaseOptions;
  #session: Session | undefined;
  #workerId: number;
  /** Until when the last renewal holds, by this process's own clock. */
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

  /** When the worker enrolled at first, by the database's clock, in microseconds since 1970. */
  readonly enrolledAtUs: number;

  private constructor(workers: WorkersStore, options: LeaseOptions, { id, atUs }: Enrolled, until: number) {
    this.#workers = workers;
    this.#options = options;
    this.#workerId = id;
    this.enrolledAtUs = atUs;
    this.#until = until;
    this.#openSession();
    this.#schedule(this.#usesLock ? 0 : this.#interval);
  }

  static async enrol(workers: WorkersStore, options: LeaseOptions): Promise<Lease> {
    const until = performance.now() + options.leaseMs;
    return new Lease(workers, options, await workers.enrol(options), until);
  }

  /** Changes when the lease was lost. */
  get workerId(): number {
    return this.#workerId;
  }

  /** Whether there were other workers at the last renewal. */
  get hasOthers(): boolean {
    return this.#hasOthers;
  }

  /** The worker's own session, while it holds the worker's lock; so never one behind a pooler, where nothing lasts. */
  get session(): Run | undefined {
    return this.#lockPid === undefined ? undefined : this.#session?.run;
  }

  /** Whether what was claimed under this id is still the worker's, unless others have found it dead without its knowing. */
  owns(workerId: number): boolean {
    return workerId === this.#workerId && performance.now() < this.#until;
  }

  /**
   * Renews at once, and says from now on that the worker is stopping: its process may be killed for being slow, which is then not
   * charged to the deliveries it holds. Waits for nothing; a renewal that fails is tried again.
   */
  stopping(): void {
    this.#isStopping = true;
    this.#renewNow();
  }

  /** Stops renewing and leaves. What the worker still holds is for the others to take, at once. */
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

  /** Unless a renewal is under way. */
  #renewNow(): void {
    if (this.#ended || this.#renewing) return;
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  /** The lock is gone with it: others must see a renewal before they look again. */
  #sessionLost(): void {
    this.#lockPid = undefined;
    this.#options.onSessionLost();
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
      // A connection that is dead without having noticed stays so.
      void this.#session?.close().catch(() => {});
      this.#openSession();
      // Where there is none of its own, what the worker holds is on a session that only took too long.
      if (this.#session) this.#options.onSessionLost();
      this.#options.onError(error, begun);
      // Soon at first: without its lock, another who looks twice would find it dead.
      return Math.min(this.#failures++ === 0 ? SOON_MS : RETRY_MS, this.#interval);
    }
  }

  async #renew(): Promise<number> {
    const { leaseMs, onRenewed } = this.#options;
    const round = ++this.#round;
    const until = performance.now() + leaseMs;
    const lock = this.#session && this.#usesLock ? { run: this.#session.run, pid: await this.#lock(this.#session, round) } : undefined;
    if (round !== this.#round) return this.#interval;
    const renewed = await this.#workers.renew(this.#workerId, leaseMs, { lock, isStopping: this.#isStopping });
    const pid = renewed?.pid;
    // This one took too long, and another is under way.
    if (round !== this.#round) return this.#interval;
    if (pid === undefined) await this.#enrolAnew();
    this.#until = until;
    this.#hasOthers = renewed?.hasOthers ?? true;
    this.#failures = 0;
    onRenewed();
    return lock !== undefined && (pid === undefined || this.#isUnsettled(pid)) ? SOON_MS : this.#interval;
  }

  async #lock({ run, toldPid }: Session, round: number): Promise<number | undefined> {
    if (this.#lockPid !== undefined) return this.#lockPid;
    const pid = await this.#workers.lock(this.#workerId, run);
    // Not of a session that was given up meanwhile.
    if (round !== this.#round) return undefined;
    // While the pooler is quiet, this worker and those who watch it have the same session, and the lock is free to both.
    if (pid !== undefined && pid !== toldPid()) this.#changes = POOLED;
    else this.#lockPid = pid;
    return this.#lockPid;
  }

  /** Whether the database does not believe in the lock yet, though it could. */
  #isUnsettled(pid: number): boolean {
    const before = this.#lastPid;
    this.#lastPid = pid;
    // Another session has it still, one of this worker that ended: there is time until the next renewal.
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
    this.#options.onLost(lost, this.#workerId);
  }
}
