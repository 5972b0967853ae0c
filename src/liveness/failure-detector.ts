// Finds workers whose process is gone well before their lease is over: a session that ends frees its advisory lock.
//
// The races: a worker whose session breaks while it lives takes another and renews, so one look is not enough: the lock
// must be free twice, without a renewal in between. After a restart of the database all locks are free at once, and the
// first worker that is back would bury all others: so it waits until it has itself been well for a while. A worker that has
// just started has not been well for a while either; but of those that have renewed since the server began to keep locks, no
// restart has taken them. So it finds its predecessor dead at once.
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkersStore } from '../store/workers/workers.ts';

/** Between the two looks: more than it takes to open a session and renew. */
const BETWEEN_LOOKS_MS = 300;

export class Watch {
  readonly #workers: WorkersStore;
  readonly #graceMs: number;
  readonly #started = performance.now();
  #unwell = -Infinity;

  /** @param graceMs how long it leaves others alone after a failure, and after its start those that the server may have forgotten */
  constructor(workers: WorkersStore, graceMs: number) {
    this.#workers = workers;
    this.#graceMs = graceMs;
  }

  /** The database did not answer, so the others may have lost their sessions, too. */
  unwell(): void {
    this.#unwell = performance.now();
  }

  /** Looks at the others, twice if need be. Returns whether it has found one dead. */
  async look(workerId: number): Promise<boolean> {
    if (performance.now() - this.#unwell < this.#graceMs) return false;
    const known = performance.now() - this.#started < this.#graceMs;
    const freed = await this.#workers.findUnlocked(workerId, { known });
    if (freed.length === 0) return false;
    await pause(BETWEEN_LOOKS_MS);
    return (await this.#workers.markUnlockedDead(freed, { known })) > 0;
  }
}
