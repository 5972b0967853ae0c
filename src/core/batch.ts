// What a receiver of batches is handed: one item for each delivery, and what they share.
import type { DeliveryContext, DetachedDeliveryContext } from './context.ts';

/** One delivery of a batch. */
export interface BatchItem<P> extends Pick<DetachedDeliveryContext, 'emission' | 'attempt' | 'idempotencyKey' | 'log'> {
  /** What was emitted. */
  readonly payload: P;
  /**
   * This delivery has failed, as if a receiver of its own had thrown `error`: it is retried, or ends as `Discard`,
   * `Unrecoverable` and `RetryAfter` say; the others of the batch complete. The first call counts. What was written for it is
   * kept unless a savepoint around that was rolled back.
   */
  readonly fail: (error: unknown) => void;
}

/** What a receiver of batches with `transactional: false` is handed beside its items. */
export interface DetachedBatchContext {
  /** Aborted at the receiver's timeout (`DeliveryTimedOut`) and when its worker must stop (`DeliveryAborted`). */
  readonly abortSignal: AbortSignal;
  /** Logs with the receiver's name and the size of the batch attached. */
  readonly log: DetachedDeliveryContext['log'];
}

/**
 * What a receiver of batches is handed beside its items.
 * What it writes through `tx` commits together with the ends of all of them, or not at all.
 */
export interface BatchContext extends DetachedBatchContext {
  /** The transaction of this call. After its end it throws `TransactionEnded` rather than write outside. */
  readonly tx: DeliveryContext['tx'];
}
