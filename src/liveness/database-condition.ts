// Tracks whether a worker can do its work, and reports each change once. It cannot while the database does not answer its own
// statements, nor while it cannot call receivers though the rest works (setbacks.ts).
//
// The race: several statements are under way when the database goes away, and they do not all fail at once. A failure of a statement
// that began before the database answered again is out of date, and is not reported.
import { Setbacks } from './setbacks.ts';

export interface DatabaseConditionParts {
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
}

export class DatabaseCondition {
  readonly setbacks: Setbacks;
  readonly #parts: DatabaseConditionParts;
  #isFailing = false;
  #recoveredAt = 0;

  constructor(parts: DatabaseConditionParts) {
    this.#parts = parts;
    this.setbacks = new Setbacks({ onFailing: (error) => this.#fail(error), onRecovered: () => {} });
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** A statement failed that began at `since`, in milliseconds by the clock of `answered`. */
  failed(error: unknown, since: number): void {
    if (since >= this.#recoveredAt) this.#fail(error);
  }

  /** The database has answered. */
  answered(now: number): void {
    this.setbacks.succeeded(now);
    if (!this.#isFailing || this.setbacks.isFailing) return;
    this.#isFailing = false;
    this.#recoveredAt = now;
    this.#parts.onRecovered();
  }

  #fail(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#parts.onFailing(error);
  }
}
