// What can come of one run of a receiver, and what an error means for its delivery.
import type { Outcome, Settlement } from '../core/delivery.ts';
import { isSignalboxError } from '../errors.ts';

/** What came of one run. */
export type Execution =
  /** The receiver returned, and its delivery is completed: both are committed. */
  | { readonly kind: 'committed' }
  /** The receiver gave up this delivery of its batch, and that is committed with the others. */
  | { readonly kind: 'settled'; readonly settlement: Settlement; readonly error: unknown }
  /** The delivery belonged to somebody else by now. The receiver was not called. */
  | { readonly kind: 'stale' }
  /** Still to be written. */
  | {
      readonly kind: 'outcome';
      readonly outcome: Outcome;
      /** The answer to COMMIT was lost: called if it is found to have got through. Never rejects. */
      readonly ifCommitted?: () => Promise<void>;
    };

export function outcomeOf(error: unknown): Execution & { readonly kind: 'outcome' } {
  const outcome: Outcome = isSignalboxError(error, 'DeliveryAborted') ? { kind: 'interrupted', delayMs: 0 } : { kind: 'threw', error };
  return { kind: 'outcome', outcome };
}
