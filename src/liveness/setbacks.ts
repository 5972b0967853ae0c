// What keeps a worker from calling receivers at all: the database refuses its transactions, or a service cannot be made. How long
// what was claimed for nothing then waits, and when the worker is said to be failing, and to have recovered. No clock of its own.
//
// The race: while open connections still work and new ones are refused (a password was changed), runs fail and succeed side by
// side. So one success ends nothing: what was put off has to have come back, and not to have failed again.

export interface SetbacksParts {
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const JITTER = 0.2;
/** What was put off comes back within its delay, its jitter, and a look of some worker. */
const PATIENCE = 2;

export class Setbacks {
  readonly #parts: SetbacksParts;
  #delayMs = 0;
  #growAt = 0;
  #lastAt = 0;

  constructor(parts: SetbacksParts) {
    this.#parts = parts;
  }

  get isFailing(): boolean {
    return this.#delayMs > 0;
  }

  /**
   * A receiver could not be called. Returns how long its delivery is to wait: twice as long each time that what has waited fails
   * again, however many fail at the same time.
   * @param random from 0 to 1
   */
  failed(error: unknown, now: number, random: number): number {
    const isFirst = !this.isFailing;
    if (isFirst || now >= this.#growAt) {
      this.#delayMs = isFirst ? FIRST_MS : Math.min(LONGEST_MS, this.#delayMs * 2);
      this.#growAt = now + this.#delayMs * (1 - JITTER);
    }
    this.#lastAt = now;
    if (isFirst) this.#parts.onFailing(error);
    return Math.round(this.#delayMs * (1 + JITTER * (2 * random - 1)));
  }

  /** A receiver was called, or the worker has looked for work and was answered. */
  succeeded(now: number): void {
    if (!this.isFailing || now - this.#lastAt < this.#delayMs * PATIENCE) return;
    this.#delayMs = 0;
    this.#parts.onRecovered();
  }
}
