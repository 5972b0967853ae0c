// Counts the setbacks that keep a worker from calling receivers at all: the database refuses its transactions, or a service cannot be
// made. Decides how long a delivery that was claimed in vain waits, when the worker is failing and when it has recovered. No clock of
// its own.
//
// The race: while open connections still work and new ones are refused (a password was changed), runs fail and succeed side by
// side. So one success ends nothing: the deliveries that were put off must have had the time to come back, and none has failed again.

export interface SetbacksParts {
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const JITTER = 0.2;
/** A delivery that was put off is run again within its delay, its jitter, and the poll of some worker. */
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
   * A receiver could not be called. Returns how long its delivery is to wait: twice as long each time that a delivery which has waited
   * fails again, however many fail at the same time.
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

  /** A receiver was called, or a claim was answered. */
  succeeded(now: number): void {
    if (!this.isFailing || now - this.#lastAt < this.#delayMs * PATIENCE) return;
    this.#delayMs = 0;
    this.#parts.onRecovered();
  }
}
