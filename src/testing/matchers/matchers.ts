// The matchers of signalbox/testing for `expect.extend` of Vitest and Jest. They judge by the same rules as the assertions, and import
// neither.
import type { Signal } from '../../core/signal.ts';
import { SignalboxError } from '../../errors.ts';
import { judgeDeliveries, judgePending, type PendingExpectation } from '../assert-deliveries.ts';
import { type EmittedExpectation, judgeEmitted } from '../assert-emitted.ts';
import { CapturedEmissions } from '../captured.ts';
import { show } from '../show.ts';
import type { Verdict } from '../verdict.ts';

/** What a matcher returns. */
export interface Matched {
  readonly pass: boolean;
  /** Why it failed: read only then. */
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

interface Matching {
  readonly isNot?: boolean;
}

/**
 * For `expect.extend(matchers)`.
 * @example
 * expect(seen).toHaveEmitted(payment.completed, { with: { paymentId: 1 } });
 * await expect(box).toHaveReached(Order, 'onPaymentCompleted');
 */
export const matchers = {
  /** See {@link SignalboxMatchers.toHaveEmitted}. */
  toHaveEmitted(this: Matching | void, seen: unknown, signal: Signal, expectation: object = {}): Matched {
    if (!(seen instanceof CapturedEmissions))
      throw new SignalboxError('InvalidOption', `toHaveEmitted: what was given is ${show(seen)}. Give what captured resolves to.`);
    return matched(this, judgeEmitted(seen, signal, expectation as EmittedExpectation<never>, 'toHaveEmitted'));
  },
  /** See {@link SignalboxMatchers.toHaveReached}. */
  async toHaveReached(this: Matching | void, box: unknown, ...meant: unknown[]): Promise<Matched> {
    return matched(this, await judgeDeliveries(box, 'completed', meant, 'toHaveReached'));
  },
  /** See {@link SignalboxMatchers.toBeDead}. */
  async toBeDead(this: Matching | void, box: unknown, ...meant: unknown[]): Promise<Matched> {
    return matched(this, await judgeDeliveries(box, 'dead', meant, 'toBeDead'));
  },
  /** See {@link SignalboxMatchers.toHaveNoPending}. */
  async toHaveNoPending(this: Matching | void, box: unknown, expectation: PendingExpectation = {}): Promise<Matched> {
    return matched(this, await judgePending(box, expectation, 'toHaveNoPending'));
  },
};

const matched = (matching: Matching | void, { pass, message, actual, expected }: Verdict): Matched => ({
  pass,
  message: () => message(matching?.isNot ?? false),
  actual,
  expected,
});
