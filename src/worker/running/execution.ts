// The possible results of one run of a receiver, and the meaning of an error for its delivery.
import type { Outcome, Settlement } from '../../core/delivery.ts';
import { isSignalboxError } from '../../errors.ts';

/** The result of one run. */
export type Execution =
  /** The receiver returned, and its delivery is completed: both are committed. */
  | {
      readonly kind: 'committed';
      /** The callbacks that follow the commit, if there are any. Never rejects, and may never end. */
      readonly followed?: Promise<void> | undefined;
    }
  /** The receiver gave up this delivery of its batch, and that is committed with the others. */
  | { readonly kind: 'settled'; readonly settlement: Settlement; readonly error: unknown }
  /** Another worker had the delivery by then. The receiver was not called. */
  | { readonly kind: 'stale' }
  /** The receiver could not be called, or its transaction not be ended, for a reason that may stop any other receiver, too. Nothing was written. */
  | { readonly kind: 'prevented'; readonly error: unknown }
  /** Still to be written. */
  | {
      readonly kind: 'outcome';
      readonly outcome: Outcome;
      /** The answer to COMMIT was lost: called if it is found to have got through. Never rejects. */
      readonly ifCommitted?: () => Promise<void>;
    };

/** Another transaction was in the way. */
export interface Conflict {
  readonly kind: 'conflict';
  /** The execution, if the call is not made again. */
  readonly atLast: Execution;
}

/** The receiver returned, and nothing is written yet. */
export const RETURNED: Execution = { kind: 'outcome', outcome: { kind: 'returned' } };

export function outcomeOf(error: unknown): Execution & { readonly kind: 'outcome' } {
  const outcome: Outcome = isSignalboxError(error, 'DeliveryAborted') ? { kind: 'interrupted', delayMs: 0 } : { kind: 'threw', error };
  return { kind: 'outcome', outcome };
}

/** The same of a receiver without a transaction, which an extension may have kept from being called. */
export const detachedOutcomeOf = (error: unknown): Execution =>
  isSignalboxError(error, 'ExtensionFailed') ? { kind: 'prevented', error } : outcomeOf(error);

export const interrupted = (delayMs: number): Execution & { readonly kind: 'outcome' } => ({
  kind: 'outcome',
  outcome: { kind: 'interrupted', delayMs },
});
