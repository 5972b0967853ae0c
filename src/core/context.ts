// What a receiver is handed beside the payload.
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

/** What a receiver with `transactional: false` is handed: all but a transaction. */
export interface DetachedDeliveryContext {
  /** Which emission this is about. */
  readonly emission: EmissionInfo;
  /** Which try this is, from 1. Tries that do not count (a worker that stopped, `RetryAfter`) are not numbered. */
  readonly attempt: number;
  /** The same text in every try of this delivery, and in no other. Hand it to the mail or payment provider. */
  readonly idempotencyKey: string;
  /** Aborted at the receiver's timeout (`DeliveryTimedOut`) and when its worker must stop (`DeliveryAborted`): hand it to `fetch` and the like. */
  readonly abortSignal: AbortSignal;
  /** Logs with the delivery's ids attached. */
  readonly log: Logger;
}

/**
 * What a receiver is handed.
 * What it writes through `tx` commits together with the completion of the delivery, or not at all.
 */
export interface DeliveryContext extends DetachedDeliveryContext {
  /** The transaction of this run. After its end it throws `TransactionEnded` rather than write outside. */
  readonly tx: RegisteredTransaction;
}
