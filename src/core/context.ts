// The context that a receiver is given beside the payload.
import type { RegisteredTransaction } from './handles.ts';
import type { Logger } from './logger.ts';

/** The emission that a delivery carries. */
export interface EmissionInfo {
  /** UUID (version 7). */
  readonly id: string;
  /** Name of the signal. */
  readonly signal: string;
  /** When it was emitted, by the database's clock. */
  readonly emittedAt: Date;
  /** As given with the emit; empty without any. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The context of a receiver with `transactional: false`: all but a transaction. */
export interface DetachedDeliveryContext {
  /** The emission that this delivery carries. */
  readonly emission: EmissionInfo;
  /**
   * The number of this attempt, from 1. Runs that do not count (a worker that stopped, `RetryAfter`) are not numbered.
   */
  readonly attempt: number;
  /**
   * Whether the delivery was replayed: its receiver has run to the end before, or was given up. A receiver that writes to other systems may
   * leave that out.
   */
  readonly replayed: boolean;
  /** The same text in every run of this delivery, and in no other. Pass it to the mail or payment provider. */
  readonly idempotencyKey: string;
  /**
   * Aborted at the receiver's timeout (`DeliveryTimedOut`) and when its worker must stop (`DeliveryAborted`). Pass it
   * to `fetch`.
   */
  readonly abortSignal: AbortSignal;
  /** Logs with the delivery's ids attached. */
  readonly log: Logger;
}

/**
 * The context of a receiver.
 * Its writes through `tx` commit together with the completion of the delivery, or not at all.
 */
export interface DeliveryContext extends DetachedDeliveryContext {
  /** The transaction of this run. After its end it throws `TransactionEnded` instead of writing outside of it. */
  readonly tx: RegisteredTransaction;
}
