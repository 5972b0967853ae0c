// Workers in the store: their leases and locks, the verdict on them, and what is taken back from the dead.
// Parameters are encoded here and rows decoded, nothing is decided.
import { randomInt } from 'node:crypto';
import { errorRecord } from '../../core/delivery.ts';
import type { Run } from '../../drivers/driver.ts';
import { SignalboxError } from '../../errors.ts';
import * as bell from './sleeping.sql.ts';
import { repeated } from '../own-run.ts';
import * as sql from './workers.sql.ts';

export interface RescuedDelivery {
  readonly id: string;
  readonly emissionId: string;
  readonly receiver: string;
  readonly signal: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
  /** Undefined when it is ready again. */
  readonly dead: SignalboxError | undefined;
}

export interface Enrolment {
  readonly label: string;
  readonly leaseMs: number;
  /** A UUID: the same for all workers of a process. */
  readonly processId: string;
}

export interface Enrolled {
  /** Of the new worker. */
  readonly id: number;
  /** When, by the database's clock, in microseconds since 1970. */
  readonly atUs: number;
}

export interface Renewal {
  readonly lock?: { readonly run: Run; readonly pid: number | undefined } | undefined;
  readonly isStopping?: boolean;
}

/** A worker that does not hold its lock, and its lease at that moment, in microseconds since 1970. */
export interface Freed {
  readonly id: number;
  readonly lease: string;
}

/** `hung`: whoever appends from now on rings. `calm`: and nobody who has not rung is still to commit. */
export type BellState = 'calm' | 'hung' | 'none';

/** Of PostgreSQL's integer. */
const MOST_ID = 2 ** 31 - 1;
/** What one rescue takes at most. */
export const RESCUE_BATCH = 1_000;
/** A session that is told to end needs some milliseconds. */
const TERMINATION_MS = 1_000;

export class WorkersStore {
  readonly #pool: Run;
  readonly #crashBudget: number;
  readonly #drawId: () => number;

  /** @param drawId the id that a new worker wants */
  constructor(pool: Run, crashBudget: number, drawId: () => number = () => randomInt(1, MOST_ID + 1)) {
    this.#pool = pool;
    this.#crashBudget = crashBudget;
    this.#drawId = drawId;
  }

  async enrol({ label, leaseMs, processId }: Enrolment): Promise<Enrolled> {
    for (;;) {
      const [row] = await this.#pool(sql.enrolWorker, [label.slice(0, 200), leaseMs, this.#drawId(), processId]);
      if (row) return { id: row.id, atUs: row.now_us };
    }
  }

  /** Takes the worker's lock for the session of `run`. Returns the session's number, or undefined if another still has it. */
  async lock(workerId: number, run: Run): Promise<number | undefined> {
    const [row] = await run(sql.lockWorker, [workerId]);
    return row!.locked ? row!.pid : undefined;
  }

  /**
   * Returns the number of the session that the renewal came from, and whether there are other workers; undefined: others
   * found this one dead.
   * @param how where its lock is: the session that sends this, and the number of the one that took it; whether it is stopping
   */
  async renew(
    workerId: number,
    leaseMs: number,
    { lock, isStopping = false }: Renewal = {},
  ): Promise<{ readonly pid: number; readonly hasOthers: boolean } | undefined> {
    const [row] = await (lock ? repeated(lock.run) : this.#pool)(sql.renewLease, [
      workerId,
      leaseMs,
      lock?.pid ?? null,
      String(isStopping),
    ]);
    return row && { pid: row.pid, hasOthers: row.has_others };
  }

  /** A worker that still holds something is left for the others, who may take it at once. Two statements, each safe to repeat. */
  async resign(workerId: number): Promise<void> {
    await this.#pool(sql.resignWorker, [workerId]);
    await this.#pool(sql.forgetWorkers, [intArray([workerId])]);
  }

  /** Hangs the bell out on the session of `run`. */
  async hangBell(run: Run): Promise<BellState> {
    return (await run(bell.hangBell, []))[0]!.bell as BellState;
  }

  /** Whether all is calm, of a session that has the bell. */
  async listenAtDoor(run: Run): Promise<BellState> {
    return (await run(bell.listenAtDoor, []))[0]!.bell as BellState;
  }

  /** Takes the bell of the session of `run` down. */
  async takeBellDown(run: Run): Promise<void> {
    await run(bell.takeBellDown, []);
  }

  /** The first look: which others have lost their lock. @param known only of those that the server has known since it keeps locks */
  async findFreed(workerId: number, { known }: { readonly known: boolean }): Promise<readonly Freed[]> {
    return this.#pool(sql.findFreed, [workerId, String(known)]);
  }

  /** The second look. Returns how many are given up. */
  async loseFreed(freed: readonly Freed[], { known }: { readonly known: boolean }): Promise<number> {
    return (await this.#pool(sql.loseFreed, [JSON.stringify(freed), String(known)])).length;
  }

  /**
   * Takes back the deliveries of lost workers, and of those whose lease is over, `RESCUE_BATCH` at most: there may be more if it
   * returns as many. Four statements, each safe to repeat on its own. The transactions that they left open are ended first.
   */
  async rescue(): Promise<RescuedDelivery[]> {
    const lost = intArray((await this.#pool(sql.loseWorkers, [])).map((row) => row.id));
    if (lost === '{}') return [];
    await this.#pool(sql.endTransactions, [lost, TERMINATION_MS]);
    const spent = new SignalboxError(
      'CrashBudgetSpent',
      `The crash budget of this delivery (${this.#crashBudget}) is spent: so many workers, or more, died while they had it, the last one while its process ran nothing else. Look for an endless loop, process.exit or memory that runs out, then retry it.`,
    );
    const rows = await this.#pool(sql.rescue, [lost, RESCUE_BATCH, this.#crashBudget, JSON.stringify(errorRecord(spent))]);
    await this.#pool(sql.forgetWorkers, [lost]);
    return rows.map((row) => ({
      id: row.id,
      emissionId: row.emission_id,
      receiver: row.receiver ?? '',
      signal: row.signal ?? '',
      epoch: row.epoch,
      attempt: row.attempt,
      crashes: row.crashes,
      dead: row.dead ? spent : undefined,
    }));
  }
}

export const intArray = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;
