// The life of a delivery as data: its states, the outcomes of a run, and the settlement that each outcome leads to.
// Pure: the same outcome, attempt and policy always give the same settlement. docs/concepts.md draws the diagram.
import { isSignalboxError } from '../errors.ts';
import { outcomeKind, type RetryAfter } from './outcome.ts';
import { backoffMs, type RetryPolicy } from './retry.ts';
import { type ErrorReport, errorReport } from './error-report.ts';

/** States of a live delivery. */
export const LIVE_STATES = ['ready', 'running'] as const;
/** States of a finished delivery. */
export const SETTLED_STATES = ['completed', 'dead', 'cancelled'] as const;

/** `ready`: waits for its time or for a worker. `running`: a worker has it. */
export type LiveState = (typeof LIVE_STATES)[number];
/** `completed`, `dead` (never run again by itself) or `cancelled` (not wanted). */
export type SettledState = (typeof SETTLED_STATES)[number];
/** The state of a delivery: `ready` and `running` are live, `completed`, `dead` and `cancelled` are final. */
export type DeliveryState = LiveState | SettledState;

/** The number of workers that may die with a delivery before it ends dead, unless the box has another `crashBudget`. */
export const CRASH_BUDGET = 3;

/** The outcome of one run of a receiver. */
export type Outcome =
  | { readonly kind: 'returned' }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The worker stops, or lost the connection of the receiver's transaction: not the receiver's fault. */
  | { readonly kind: 'interrupted'; readonly delayMs: number };

/** The part of an error that is kept with a delivery. */
export type ErrorRecord = ErrorReport;

/** The write that records an outcome. */
export type Settlement =
  | { readonly to: 'completed' }
  /** Runs again after `delayMs`; `refund` gives the attempt back. */
  | { readonly to: 'ready'; readonly delayMs: number; readonly refund: boolean; readonly error: ErrorRecord }
  | { readonly to: 'dead'; readonly error: ErrorRecord }
  | { readonly to: 'cancelled'; readonly error: ErrorRecord }
  /** Released as if it had not been claimed. */
  | { readonly to: 'released'; readonly delayMs: number };

/**
 * The settlement of an outcome.
 * @param attempt the attempt that has just run, from 1
 * @param random a number from 0 to 1 for the jitter, drawn by the caller
 */
export function settlementFor(outcome: Outcome, attempt: number, policy: RetryPolicy, random: number): Settlement {
  switch (outcome.kind) {
    case 'returned':
      return { to: 'completed' };
    case 'interrupted':
      return { to: 'released', delayMs: outcome.delayMs };
    case 'threw': {
      const kind = outcomeKind(outcome.error);
      // Behind the others: the system may be down for this delivery only, and the next probe should be another one.
      if (kind === 'unavailable') return { to: 'released', delayMs: 1 };
      const error = errorRecord(outcome.error);
      switch (kind) {
        case 'discard':
          return { to: 'cancelled', error };
        case 'unrecoverable':
          return { to: 'dead', error };
        case 'retryAfter':
          return { to: 'ready', delayMs: (outcome.error as RetryAfter).delayMs, refund: true, error };
        case undefined:
          // No version of the code can run a delivery without its payload.
          return attempt < policy.attempts &&
            !isSignalboxError(outcome.error, 'EmissionMissing') &&
            !isSignalboxError(outcome.error, 'PayloadErased')
            ? { to: 'ready', delayMs: backoffMs(policy, attempt, random), refund: false, error }
            : { to: 'dead', error };
        default:
          return kind satisfies never;
      }
    }
    default:
      return outcome satisfies never;
  }
}

/** The record of any thrown value. Never throws. */
export const errorRecord = (thrown: unknown): ErrorRecord => errorReport(thrown);
