// Workers in the store: their leases and locks, the verdict on them, and the rescue of what dead ones held.
// Parameters are encoded here and rows decoded, nothing is decided.
import { randomInt } from 'node:crypto';
import { errorRecord } from '../../core/delivery.ts';
import type { Run } from '../../drivers/driver.ts';
import { SignalboxError } from '../../errors.ts';
import { packageVersion } from '../../version.ts';
import * as sleeping from './sleeping.sql.ts';
import type { Namespace } from '../namespace.ts';
import { repeated } from '../own-run.ts';
import { intArray } from '../params.ts';
import * as sql from './workers.sql.ts';

export interface RescuedDelivery {
  readonly id: string;
  readonly emissionId: string;
  readonly receiverId: number;
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
  /** The id of the new worker. */
  readonly id: number;
  /** When, by the database's clock, in microseconds since 1970. */
  readonly atUs: number;
}

export interface Renewal {
  readonly lock?: { readonly run: Run; readonly pid: number | undefined } | undefined;
  readonly isStopping?: boolean;
}

/** A worker whose lock is free, and its lease when that was seen, in microseconds since 1970. */
export interface UnlockedWorker {
  readonly id: number;
  readonly lease: string;
}

/**
 * The sleeping flag of one worker. `pending`: appends notify from now on, but one that may have found no flag is still to commit.
 * `safe`: there is no such append either, so that after one more claim the worker can sleep. `unset`: there is no flag.
 */
export type SleepingState = 'unset' | 'pending' | 'safe';

/** The largest value of PostgreSQL's integer. */
const MOST_ID = 2 ** 31 - 1;
/** The largest number of deliveries in one rescue. */
export const RESCUE_BATCH = 1_000;
/** A session needs some milliseconds to end. */
const TERMINATION_MS = 1_000;

export class WorkersStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;
  readonly #crashBudget: number;
  readonly #drawId: () => number;

  /** @param drawId the id that a new worker wants */
  constructor(pool: Run, namespace: Namespace, crashBudget: number, drawId: () => number = () => randomInt(1, MOST_ID + 1)) {
    this.#pool = pool;
    this.#namespace = namespace;
    this.#crashBudget = crashBudget;
    this.#drawId = drawId;
  }

  async enrol({ label, leaseMs, processId }: Enrolment): Promise<Enrolled> {
    for (;;) {
      const [row] = await this.#pool(sql.enrolWorker, [label.slice(0, 200), leaseMs, this.#drawId(), processId, packageVersion()]);
      if (row) return { id: row.id, atUs: row.now_us };
    }
  }

  /** Takes the worker's lock for the session of `run`. Returns the session's number, or undefined if another still has it. */
  async lock(workerId: number, run: Run): Promise<number | undefined> {
    const [row] = await this.#namespace.on(run)(sql.lockWorker, [workerId]);
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
    const [row] = await (lock ? this.#namespace.on(repeated(lock.run)) : this.#pool)(sql.renewLease, [
      workerId,
      leaseMs,
      lock?.pid ?? null,
      String(isStopping),
    ]);
    return row && { pid: row.pid, hasOthers: row.has_others };
  }

  /** The row of a worker that still holds deliveries stays, and other workers may rescue them at once. Two statements, each safe to repeat. */
  async resign(workerId: number): Promise<void> {
    await this.#pool(sql.resignWorker, [workerId]);
    await this.#pool(sql.forgetWorkers, [intArray([workerId])]);
  }

  /** Sets the sleeping flag on the session of `run`. */
  async markSleeping(run: Run): Promise<SleepingState> {
    return (await this.#namespace.on(run)(sleeping.markSleeping, []))[0]!.state as SleepingState;
  }

  /** Tells whether an append is pending, asked on a session that has set the flag. */
  async hasPendingAppends(run: Run): Promise<boolean> {
    return (await this.#namespace.on(run)(sleeping.hasPendingAppends, []))[0]!.pending;
  }

  /** Clears the flag of the session of `run`. */
  async clearSleeping(run: Run): Promise<void> {
    await this.#namespace.on(run)(sleeping.clearSleeping, []);
  }

  /** The first check: which other workers' locks are free. @param known only of workers that have renewed since the server began to keep locks */
  async findUnlocked(workerId: number, { known }: { readonly known: boolean }): Promise<readonly UnlockedWorker[]> {
    return this.#pool(sql.findUnlocked, [workerId, String(known)]);
  }

  /** The second check. Returns how many workers it has marked dead. */
  async markUnlockedDead(unlocked: readonly UnlockedWorker[], { known }: { readonly known: boolean }): Promise<number> {
    return (await this.#pool(sql.markUnlockedDead, [JSON.stringify(unlocked), String(known)])).length;
  }

  /**
   * Rescues the deliveries of dead workers, including those whose lease has expired, `RESCUE_BATCH` at most: if it returns as many,
   * there may be more. Four statements, each safe to repeat on its own. The transactions that these workers left open are ended first.
   */
  async rescue(): Promise<RescuedDelivery[]> {
    const dead = intArray((await this.#pool(sql.markExpiredDead, [])).map((row) => row.id));
    if (dead === '{}') return [];
    await this.#pool(sql.endTransactions, [dead, TERMINATION_MS]);
    const spent = new SignalboxError(
      'CrashBudgetSpent',
      `The crash budget of this delivery (${this.#crashBudget}) is spent: so many workers, or more, died while they had it, the last one while its process ran nothing else. Look for an endless loop, process.exit or memory that runs out, then retry it.`,
    );
    const rows = await this.#pool(sql.rescue, [dead, RESCUE_BATCH, this.#crashBudget, JSON.stringify(errorRecord(spent))]);
    await this.#pool(sql.forgetWorkers, [dead]);
    return rows.map((row) => ({
      id: row.id,
      emissionId: row.emission_id,
      receiverId: row.receiver_id,
      receiver: row.receiver ?? '',
      signal: row.signal ?? '',
      epoch: row.epoch,
      attempt: row.attempt,
      crashes: row.crashes,
      dead: row.dead ? spent : undefined,
    }));
  }
}
