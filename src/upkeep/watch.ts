// Finds workers whose process is gone well before their lease is over: a session that ends frees its advisory lock.
//
// The races: a worker whose session breaks while it lives takes another and renews, so one look is not enough: the lock
// must be free twice, without a renewal in between. After a restart of the database all locks are free at once, and the
// first worker that is back would bury all others: so it waits until it has itself been well for a while.
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkersStore } from '../store/workers-store.ts';

/** Between the two looks: more than it takes to open a session and renew. */
const BETWEEN_LOOKS_MS = 300;

export class Watch {
  readonly #workers: WorkersStore;
  readonly #graceMs: number;
  #well = performance.now();

  /** @param graceMs how long it leaves the others alone after its start and after each failure */
  constructor(workers: WorkersStore, graceMs: number) {
    this.#workers = workers;
    this.#graceMs = graceMs;
  }

  /** The database did not answer, so the others may have lost their sessions, too. */
  unwell(): void {
    this.#well = performance.now();
  }

  /** Looks at the others, twice if need be. Returns whether it has found one dead. */
  async look(workerId: number): Promise<boolean> {
    if (performance.now() - this.#well < this.#graceMs) return false;
    const freed = await this.#workers.findFreed(workerId);
    if (freed.length === 0) return false;
    await pause(BETWEEN_LOOKS_MS);
    return (await this.#workers.loseFreed(freed)) > 0;
  }
}
