// The earliest `run_at` from which a claim scans. While an old snapshot is held, by a backup or a report, no deleted row can be cleaned
// away, and a claim that scans from the beginning walks over all rows that ever were there. So when such a full scan has become slow,
// the claims that follow scan only from where the last one had come, and the full scans get a tenth of the time.
//
// Deliveries that are older than that point (they were released, or their transaction committed late) are found by the next full scan.
// So a worker never sleeps, and never says that it is idle, after a claim that did not scan all.
// No clock of its own; times of deliveries are seconds since 1970 by the database's clock.
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';

/** A full scan that takes less is cheap. */
const CHEAP_MS = 10;
/** After a slow full scan the next one waits for this many times as long. */
const REST = 10;
/** Times lose less than this on their way through a float. */
const PRECISION_S = 0.000_005;

export class ScanWindow {
  readonly #startOf = new Map<number, number>();
  #fullScanAt = 0;

  /** Whether a claim is to scan all. */
  isFullScanDue(now: number): boolean {
    return now >= this.#fullScanAt;
  }

  /** The time until a claim scans all. */
  untilFullScanMs(now: number): number {
    return Math.max(0, this.#fullScanAt - now);
  }

  /** From which time on a claim that does not scan all looks for deliveries of a receiver. */
  startOf(receiverId: number): number {
    return this.#startOf.get(receiverId) ?? -Infinity;
  }

  /** A claim has ended, and found these. */
  scanned(deliveries: readonly ClaimedDelivery[], { all, tookMs, now }: { all: boolean; tookMs: number; now: number }): void {
    for (const { receiverId, runAt } of deliveries)
      this.#startOf.set(receiverId, Math.max(this.#startOf.get(receiverId) ?? -Infinity, runAt - PRECISION_S));
    if (all) this.#fullScanAt = tookMs < CHEAP_MS ? 0 : now + tookMs * REST;
  }
}
