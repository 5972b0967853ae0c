// The errors by which a receiver says more than "failed": four branded classes, recognised without instanceof, so that
// two copies of the module in one process understand each other.
import { type Duration, toMs } from './duration.ts';

const OUTCOME = Symbol.for('signalbox.outcome');

type Kind = 'discard' | 'unrecoverable' | 'retryAfter' | 'unavailable';

const KINDS: ReadonlySet<unknown> = new Set<Kind>(['discard', 'unrecoverable', 'retryAfter', 'unavailable']);

abstract class OutcomeError extends Error {
  constructor(kind: Kind, reason: string, options?: ErrorOptions) {
    super(reason, options);
    Object.defineProperty(this, OUTCOME, { value: kind });
  }
}

/** Thrown by a receiver: this delivery is not wanted any more. It ends `cancelled`, with the reason kept. */
export class Discard extends OutcomeError {
  override readonly name = 'Discard';

  /** @param reason stored with the delivery, as its error */
  constructor(reason: string, options?: ErrorOptions) {
    super('discard', reason, options);
  }
}

/** Thrown by a receiver: no retry can help. The delivery ends `dead` at once, whatever its budget. */
export class Unrecoverable extends OutcomeError {
  override readonly name = 'Unrecoverable';

  /** @param reason stored with the delivery, as its error */
  constructor(reason: string, options?: ErrorOptions) {
    super('unrecoverable', reason, options);
  }
}

/**
 * Thrown by a receiver: not now, run it again after `delay`; this run does not count against the budget.
 * For a provider that answers 429, or for a file that is not there yet.
 */
export class RetryAfter extends OutcomeError {
  override readonly name = 'RetryAfter';
  /** Milliseconds. */
  readonly delayMs: number;

  /**
   * @param delay from now, exactly: no jitter is added
   * @param reason stored with the delivery, as the error of this run
   * @throws SignalboxError `InvalidOption` if `delay` is no duration
   */
  constructor(delay: Duration, reason = 'The receiver asked to be run later.', options?: ErrorOptions) {
    super('retryAfter', reason, options);
    this.delayMs = toMs(delay, 'RetryAfter');
  }
}

/**
 * Thrown by a receiver: the system that it calls is down, for this delivery and for all others. This run does not count
 * and leaves no error; meanwhile the worker does not call the receiver for other deliveries. After `delay` one delivery
 * probes it; while that fails, the pauses double, up to eight times the delay.
 */
export class Unavailable extends OutcomeError {
  override readonly name = 'Unavailable';
  /** Milliseconds. */
  readonly delayMs: number;

  /**
   * @param delay the first pause
   * @param reason carried by the event `receiver.paused`
   * @throws SignalboxError `InvalidOption` if `delay` is no duration
   */
  constructor(delay: Duration, reason = 'What the receiver calls is away.', options?: ErrorOptions) {
    super('unavailable', reason, options);
    this.delayMs = toMs(delay, 'Unavailable');
  }
}

/** Returns the kind of the outcome `error`, or `undefined` for any other thrown value. Never throws. */
export function outcomeKind(error: unknown): Kind | undefined {
  try {
    const kind = typeof error === 'object' && error !== null && OUTCOME in error ? error[OUTCOME] : undefined;
    // Another version of the module may have more kinds.
    return KINDS.has(kind) ? (kind as Kind) : undefined;
  } catch {
    return undefined;
  }
}
