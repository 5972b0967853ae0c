// travel: lets time pass in the database of a test, by moving its rows. Every time that Signalbox judges by is a row's, set against the
// clock of the database, which a test cannot turn. Leases are not moved: the workers that hold them are alive.
import type { Signalbox } from '../box/box.ts';
import { partsOf } from '../box/parts.ts';
import { type Duration, toMs } from '../core/duration.ts';

/**
 * Moves all emissions and deliveries back by `by`, so that what would be due by then is due now: a delay, a retry, a `RetryAfter`. Run them
 * with `box.drain()` or `tick()`; a worker that is running scans what it has passed once in a while only. Returns how many rows it moved.
 * @throws SignalboxError `InvalidOption`, `IncompatibleCopy`, `BoxClosed`
 * @example
 * await travel(box, '2h');
 * await box.drain();
 */
export async function travel(box: Signalbox, by: Duration): Promise<number> {
  return partsOf(box).store.testing.travel(toMs(by, 'travel: the time'));
}
