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
    if ((this.#makesRoom && running > 0) || (free <= 0 && !this.#makesRoom)) return undefined;
    if (running > 0 && performance.now() > this.#lookAt) {
      this.#lookAt = performance.now() + LOOK_EVERY_MS;
      this.#makesRoom = await this.#claims.hasSuspect();
      if (this.#makesRoom) return undefined;
    }
    const claimed = await this.#claims.take(this.#makesRoom ? 0 : free, { alone: running === 0 });
    if (running === 0) this.#lookAt = performance.now() + LOOK_EVERY_MS;
    this.#makesRoom = false;
    return claimed;
  }
}
