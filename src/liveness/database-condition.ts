// Whether a worker can do its work: told once when it cannot, and once when it can again. It cannot when the database does not
// answer its own statements, and when it cannot call receivers (setbacks.ts), though the rest works.
//
// The race: several statements are under way when the database goes away, and not all fail at once. One that began before
// the database answered again, and fails after, is old news.
import { Setbacks } from './setbacks.ts';

export interface ConditionParts {
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
}

export class Condition {
  readonly setbacks: Setbacks;
  readonly #parts: ConditionParts;
  #failing = false;
  #recoveredAt = 0;

  constructor(parts: ConditionParts) {
    this.#parts = parts;
    this.setbacks = new Setbacks({ onFailing: (error) => this.#fail(error), onRecovered: () => {} });
  }

  get isFailing(): boolean {
    return this.#failing;
  }

  /** A statement failed that began at `since`, in milliseconds of the clock that `answered` is told, too. */
  failed(error: unknown, since: number): void {
    if (since >= this.#recoveredAt) this.#fail(error);
  }

  /** The database has answered. */
  answered(now: number): void {
    this.setbacks.succeeded(now);
    if (!this.#failing || this.setbacks.isFailing) return;
    this.#failing = false;
    this.#recoveredAt = now;
    this.#parts.onRecovered();
  }

  #fail(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#parts.onFailing(error);
  }
}
