// Lets suspects run alone: what may have killed its workers. A worker that is idle now and then takes one by itself; one
// that never is has to make room: it lets its receivers end, runs the delivery with nothing beside it, and goes on.
import type { ClaimedDelivery } from '../store/store.ts';
import type { Claims } from './claims.ts';

/** How often a worker that is never idle looks for suspects. */
const LOOK_EVERY_MS = 5_000;

export class Solitude {
  readonly #claims: Claims;
  #lookAt = performance.now() + LOOK_EVERY_MS;
  #makesRoom = false;

  constructor(claims: Claims) {
    this.#claims = claims;
  }

  /** Claims into `free` slots beside what is `running`; `undefined` when the worker has to wait for these. */
  async take(free: number, running: number): Promise<ClaimedDelivery[] | undefined> {
    if (free <= 0) return undefined;
    if (!this.#makesRoom && performance.now() > this.#lookAt) {
      this.#makesRoom = await this.#claims.hasSuspect();
      this.#lookAt = performance.now() + LOOK_EVERY_MS;
    }
    if (this.#makesRoom) {
      if (running > 0) return undefined;
      const suspects = await this.#claims.take(0, { alone: true });
      this.#makesRoom = false;
      if (suspects.length > 0) return suspects;
    }
    const claimed = await this.#claims.take(free, { alone: running === 0 });
    // A claim takes suspects only where nothing else is due: else, also of a worker that runs one at a time, they would wait.
    if (running === 0 && claimed.every(({ alone }) => alone)) this.#lookAt = performance.now() + LOOK_EVERY_MS;
    return claimed;
  }
}
