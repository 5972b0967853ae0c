// Decides the number of deliveries that a worker claims ahead of its free slots: as many as it will start within a
// tenth of a second at its present rate. So a fast receiver never waits for a claim, and a slow one keeps almost
// nothing from other workers. No clock of its own.

/** Deliveries that are claimed ahead are started within about this time. */
const LEAD_MS = 100;
/** The rate is measured over at least this long. */
const WINDOW_MS = 20;

export class Prefetch {
  readonly #most: number;
  readonly #least: () => number;
  #since: number;
  #count = 0;
  #perMs = 0;

  /** @param most the most to claim ahead @param least the least: a batch, where receivers take batches */
  constructor(most: number, now: number, least = (): number => 0) {
    this.#most = most;
    this.#least = least;
    this.#since = now;
  }

  /** Deliveries have been started. */
  started(count = 1): void {
    this.#count += count;
  }

  /** The number of deliveries to hold beside the running ones. */
  target(now: number): number {
    const elapsed = now - this.#since;
    if (elapsed >= WINDOW_MS) {
      // Half of what it was, so that one long GC pause does not drop the prefetch to zero.
      this.#perMs = Math.max(this.#count / elapsed, elapsed > LEAD_MS ? 0 : this.#perMs / 2);
      this.#count = 0;
      this.#since = now;
    }
    return Math.max(this.#least(), Math.min(this.#most, Math.floor(this.#perMs * LEAD_MS)));
  }
}
