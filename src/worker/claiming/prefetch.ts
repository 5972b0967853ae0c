// Decides the number of deliveries that a worker claims ahead of its free slots: as many as it will start within a
// tenth of a second at its present rate. So a fast receiver never waits for a claim, and a slow one keeps almost
// nothing from other workers. No clock of its own.

/** Deliveries that are claimed ahead are started within about this time. */
const LEAD_MS = 100;
/** What is held so that deliveries can share transactions is started within this time: half of the one after which it would be released. */
const FILL_MS = 400;
/** The rate is measured over at least this long. */
const WINDOW_MS = 20;

export class Prefetch {
  readonly #most: number;
  readonly #least: () => number;
  readonly #fill: () => number;
  #since: number;
  #count = 0;
  #perMs = 0;
  /** What is held for transactions that are shared, at the present rate. */
  #shared = 0;

  /**
   * @param most the most to claim ahead @param least the least: a batch, where receivers take batches
   * @param fill what deliveries that share transactions need to be held: a tenth of a second of a pace that is slow for want of it would
   * never let any share one
   */
  constructor(most: number, now: number, least = (): number => 0, fill = (): number => 0) {
    this.#most = most;
    this.#least = least;
    this.#fill = fill;
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
      this.#shared = Math.min(this.#fill(), Math.floor(this.#perMs * FILL_MS));
      this.#count = 0;
      this.#since = now;
    }
    const ahead = Math.max(Math.floor(this.#perMs * LEAD_MS), this.#shared);
    return Math.max(this.#least(), Math.min(this.#most, ahead));
  }
}
