// Computes when a failed delivery runs again: pure arithmetic, with the random number as an argument.
import { type Duration, toMs } from './duration.ts';
import { checkOptions, type OptionTable } from './options.ts';
import { bag, duration, number, whole } from './rules.ts';

/** The number of attempts of a failed delivery, and the waits between them. */
export interface RetryOptions {
  /** Runs in all, the first one included, before the delivery is dead. A whole number from 1 to 10,000. Default 12. */
  attempts?: number;
  /** Wait after the first failure. Default `'1s'`. */
  delay?: Duration;
  /** Each further wait is this many times the one before. 1 to 100. Default 3. */
  factor?: number;
  /** The wait grows no further; jitter comes on top of it. Default `'12h'`. */
  maxDelay?: Duration;
  /** Each wait is varied at random by up to this share of itself, 0 to 1. Default 0.2. */
  jitter?: number;
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
}

/** Twelve attempts over about twenty hours: 1 s, 3 s, 9 s … 5.5 h, 12 h. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 12, delayMs: 1_000, factor: 3, maxDelayMs: 43_200_000, jitter: 0.2 };

const OPTIONS: OptionTable<RetryOptions> = {
  attempts: whole(1, 10_000),
  delay: duration(),
  factor: number(1, 100),
  maxDelay: duration(),
  jitter: number(0, 1),
};

/** The rule for the option `retry` of a receiver. */
export const retryRule = bag('an object, such as { attempts: 5 }', OPTIONS);

/** Fills in the defaults. @throws SignalboxError `InvalidOption`, naming `subject` */
export function retryPolicy(options: RetryOptions | undefined, subject: string): RetryPolicy {
  checkOptions({ retry: options }, { retry: retryRule }, subject);
  return {
    attempts: options?.attempts ?? DEFAULT_RETRY.attempts,
    delayMs: options?.delay === undefined ? DEFAULT_RETRY.delayMs : toMs(options.delay, `${subject}: retry.delay`),
    factor: options?.factor ?? DEFAULT_RETRY.factor,
    maxDelayMs: options?.maxDelay === undefined ? DEFAULT_RETRY.maxDelayMs : toMs(options.maxDelay, `${subject}: retry.maxDelay`),
    jitter: options?.jitter ?? DEFAULT_RETRY.jitter,
  };
}

/**
 * Milliseconds to wait after the failure of attempt number `attempt` (from 1).
 * @param random a number from 0 to 1, drawn by the caller
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const grown = policy.delayMs === 0 ? 0 : policy.delayMs * policy.factor ** (attempt - 1);
  const straight = Math.min(policy.maxDelayMs, grown);
  return Math.round(straight * (1 + policy.jitter * (2 * random - 1)));
}
