// Whether the database answers a worker: told once when it stops to, and once when it does again.
//
// The race: several statements are under way when the database goes away, and not all fail at once. One that began before
// the database answered again, and fails after, is old news.

export interface ConditionParts {
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
}

export class Condition {
  readonly #parts: ConditionParts;
  #failing = false;
  #recoveredAt = 0;

  constructor(parts: ConditionParts) {
    this.#parts = parts;
  }

  get isFailing(): boolean {
    return this.#failing;
  }

  /** A statement failed that began at `since`, in milliseconds of the clock that `answered` is told, too. */
  failed(error: unknown, since: number): void {
    if (this.#failing || since < this.#recoveredAt) return;
    this.#failing = true;
    this.#parts.onFailing(error);
  }

  /** The database has answered. */
  answered(now: number): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#recoveredAt = now;
    this.#parts.onRecovered();
  }
}
