// The failure detector: finds workers whose process is gone long before their lease expires, for a session that ends frees its
// advisory lock.
//
// The races: a worker whose session breaks while the worker lives opens another session and renews, so one check is not enough: the
// lock must be free twice, without a renewal in between. After a restart of the database all locks are free at once, and the first
// worker that is back would mark all others dead: so it checks none until its own statements have worked for a while. A worker that
// has just started has no such record. But no restart has freed the locks of workers that have renewed since the server began to
// keep them, so it finds its predecessor dead at once.
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkersStore } from '../store/workers/workers.ts';

/** Between the two checks: more than a worker needs to open a session and renew. */
const BETWEEN_CHECKS_MS = 300;

export class FailureDetector {
  readonly #workers: Pick<WorkersStore, 'findUnlocked' | 'markUnlockedDead'>;
  readonly #graceMs: number;
  readonly #startedAt = performance.now();
  #failedAt = -Infinity;

  /**
   * @param graceMs how long it checks no worker after a failure, and how long after its start it checks only those that have renewed
   * since the server began to keep locks
   */
  constructor(workers: Pick<WorkersStore, 'findUnlocked' | 'markUnlockedDead'>, graceMs: number) {
    this.#workers = workers;
    this.#graceMs = graceMs;
  }

  /** This worker's own statement or session has failed: the other workers may have lost their sessions too. */
  holdOff(): void {
    this.#failedAt = performance.now();
  }

  /** Checks the other workers, twice if one has lost its lock. Returns whether it has marked one dead. */
  async check(workerId: number): Promise<boolean> {
    if (performance.now() - this.#failedAt < this.#graceMs) return false;
    const known = performance.now() - this.#startedAt < this.#graceMs;
    const unlocked = await this.#workers.findUnlocked(workerId, { known });
    if (unlocked.length === 0) return false;
    await pause(BETWEEN_CHECKS_MS);
    return (await this.#workers.markUnlockedDead(unlocked, { known })) > 0;
  }
}
