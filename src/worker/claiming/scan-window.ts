// From when on a claim looks. While an old snapshot is held, by a backup or a report, nothing that was deleted can be cleaned
// away, and a claim that looks from the beginning walks over all that ever was there. So when such a look has become slow,
// the claims between look only from where the last one had come, and the slow ones get a tenth of the time.
//
// What is older than where the last one had come (it was given back, or its transaction committed late) is found by the next
// look from the beginning. So a worker never sleeps, and never says that it is idle, on a claim that did not look back.
// No clock of its own; times of deliveries are seconds since 1970 by the database's clock.
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';

/** A look from the beginning that takes less is cheap. */
const CHEAP_MS = 10;
/** The longer a look took, the longer until the next one. */
const REST = 10;
/** Times lose less than this on their way through a float. */
const PRECISION_S = 0.000_005;

export class Horizon {
  readonly #reached = new Map<number, number>();
  #lookBackAt = 0;

  /** Whether a claim is to look from the beginning. */
  looksBack(now: number): boolean {
    return now >= this.#lookBackAt;
  }

  /** The time until one does. */
  waitMs(now: number): number {
    return Math.max(0, this.#lookBackAt - now);
  }

  /** From when on a claim looks for deliveries of a receiver, if it does not look from the beginning. */
  since(receiverId: number): number {
    return this.#reached.get(receiverId) ?? -Infinity;
  }

  /** What a claim has found. */
  claimed(deliveries: readonly ClaimedDelivery[], { lookedBack, tookMs, now }: { lookedBack: boolean; tookMs: number; now: number }): void {
    for (const { receiverId, runAt } of deliveries)
      this.#reached.set(receiverId, Math.max(this.#reached.get(receiverId) ?? -Infinity, runAt - PRECISION_S));
    if (lookedBack) this.#lookBackAt = tookMs < CHEAP_MS ? 0 : now + tookMs * REST;
  }
}
