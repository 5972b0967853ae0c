// The interface of the matchers, for the declarations of both test runners.
import type { Class } from '../../core/receivers.ts';
import type { PayloadOf, Signal } from '../../core/signal.ts';
import type { DeliveredExpectation, PendingExpectation } from '../assert-deliveries.ts';
import type { EmittedExpectation } from '../assert-emitted.ts';
import type { MethodOf, ReceivedBy } from '../receiver-of.ts';

/** The matchers of Signalbox. `R` is what a matcher of the test runner returns. */
export interface SignalboxMatchers<R = unknown> {
  /** That a block emitted a signal: for what `captured` resolves to. */
  toHaveEmitted<S extends Signal>(signal: S, expectation?: EmittedExpectation<PayloadOf<S>>): R;
  /** That a receiver has completed deliveries: for a box. To be awaited. */
  toHaveReached<C extends Class, M extends MethodOf<C>>(
    service: C,
    method: M,
    expectation?: DeliveredExpectation<ReceivedBy<C, M>>,
  ): Promise<R>;
  /** The same by the stored name of the receiver. */
  toHaveReached(receiver: string, expectation?: DeliveredExpectation): Promise<R>;
  /** That deliveries of a receiver are dead: for a box. To be awaited. */
  toBeDead<C extends Class, M extends MethodOf<C>>(service: C, method: M, expectation?: DeliveredExpectation<ReceivedBy<C, M>>): Promise<R>;
  /** The same by the stored name of the receiver. */
  toBeDead(receiver: string, expectation?: DeliveredExpectation): Promise<R>;
  /** That no delivery waits or runs: for a box. To be awaited. */
  toHaveNoPending(expectation?: PendingExpectation): Promise<R>;
}
