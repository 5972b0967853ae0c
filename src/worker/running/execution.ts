// What can come of one run of a receiver, and what an error means for its delivery.
import type { Outcome, Settlement } from '../../core/delivery.ts';
import { isSignalboxError } from '../../errors.ts';

/** What came of one run. */
export type Execution =
  /** The receiver returned, and its delivery is completed: both are committed. */
  | {
      readonly kind: 'committed';
      /** What was to follow the commit, if there is anything. Never rejects, and may never end. */
      readonly followed?: Promise<void> | undefined;
    }
  /** The receiver gave up this delivery of its batch, and that is committed with the others. */
  | { readonly kind: 'settled'; readonly settlement: Settlement; readonly error: unknown }
  /** The delivery belonged to somebody else by now. The receiver was not called. */
  | { readonly kind: 'stale' }
  /** The receiver could not be called, or not be ended, for a reason that may keep any other from it, too: nothing came of it. */
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
  /** What has come of it, if it is not run again. */
  readonly atLast: Execution;
}

export function outcomeOf(error: unknown): Execution & { readonly kind: 'outcome' } {
  const outcome: Outcome = isSignalboxError(error, 'DeliveryAborted') ? { kind: 'interrupted', delayMs: 0 } : { kind: 'threw', error };
  return { kind: 'outcome', outcome };
}

export const interrupted = (delayMs: number): Execution & { readonly kind: 'outcome' } => ({
  kind: 'outcome',
  outcome: { kind: 'interrupted', delayMs },
});
