// withMode: another mode than that of the box for a block of a test.
import { checkValue } from '../core/options.ts';
import { oneOf } from '../core/rules.ts';
import { refuseUnrecorded } from '../dispatch/capture.ts';
import { inMode, type Testing } from '../dispatch/testing-mode.ts';

const mode = oneOf('immediate', 'manual', 'capture');

/**
 * Runs `work` as if the boxes that have `testing` had been made with this one. The mode is in the async context: tests that run side by
 * side do not share it, and the innermost block counts. A transaction has the mode in which its `transaction()` was called when it commits, an emit
 * the one in which it is called, a receiver that of the drain or the commit that runs it. Returns what `work` returns.
 * @throws SignalboxError `InvalidOption`, also if no box has `testing`
 * @example
 * await withMode('manual', () => orders.pay(1)); // stored, and not run
 * await box.drain({ receiver: 'Orders.onPaid' });
 */
export function withMode<T>(testing: Testing, work: () => T): T {
  checkValue(testing, mode, 'withMode', 'the mode');
  refuseUnrecorded('withMode');
  return inMode(testing, work);
}
