// Decides which deliveries a drain with `ahead` runs: those that are due within that time, as if the time passed while the drain runs.
// As the drain does not wait, a delivery that asks for later, or emits for later, would be due again at once, for ever. So each delivery
// has a time of its own, which its delays move on, and the drain ends where that time ends. Pure: the clock is the database's.
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';

type Claimed = Pick<ClaimedDelivery, 'id' | 'emittedAt' | 'runAt'>;

/** Times are in milliseconds since 1970, in whole ones: a delay of a minute is a minute. */
export class VirtualTime {
  readonly #startMs: number;
  readonly #endMs: number;
  /** The latest time of a delivery that has run. */
  #nowMs: number;
  /** The times of deliveries that are to run, or to run again. */
  readonly #due = new Map<string, number>();

  /** @param startUs when the drain began, in microseconds since 1970 */
  constructor(startUs: number, aheadMs: number) {
    this.#startMs = Math.floor(startUs / 1_000);
    this.#endMs = this.#startMs + aheadMs;
    this.#nowMs = this.#startMs;
  }

  /** Whether a claimed delivery is run: it is due before the end. */
  admits(delivery: Claimed): boolean {
    const dueMs = this.#due.get(delivery.id) ?? this.#firstDueMs(delivery);
    if (dueMs > this.#endMs) return false;
    this.#due.set(delivery.id, dueMs);
    return true;
  }

  /** A delivery that was admitted has run. @param delayMs after which it is to run again */
  ran(id: string, delayMs: number | undefined): void {
    const dueMs = this.#due.get(id);
    if (dueMs === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    if (delayMs === undefined) this.#due.delete(id);
    else this.#due.set(id, dueMs + delayMs);
  }

  /** A delivery that was emitted since the start is taken to come from the one that ran last. */
  #firstDueMs({ emittedAt, runAt }: Claimed): number {
    const [emittedMs, runAtMs] = [emittedAt.getTime(), Math.floor(Math.round(runAt * 1e6) / 1_000)];
    return emittedMs > this.#startMs ? this.#nowMs + Math.max(0, runAtMs - emittedMs) : Math.max(runAtMs, this.#startMs);
  }
}
