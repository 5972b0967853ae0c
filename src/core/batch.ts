// The arguments of a receiver of batches: one item for each delivery, and the context that they share.
import type { DeliveryContext, DetachedDeliveryContext } from './context.ts';

/** One delivery of a batch. */
export interface BatchItem<P> extends Pick<DetachedDeliveryContext, 'emission' | 'attempt' | 'replayed' | 'idempotencyKey' | 'log'> {
  /** The payload of the emission. */
  readonly payload: P;
  /**
   * Reports that this delivery has failed, as if a receiver of its own had thrown `error`: it is retried, or ends as
   * `Discard`, `Unrecoverable` and `RetryAfter` say; the others of the batch complete. Only the first call counts. Its
   * writes are kept unless a savepoint around them was rolled back.
   */
  readonly fail: (error: unknown) => void;
}

/** The context of a receiver of batches with `transactional: false`. */
export interface DetachedBatchContext {
  /** Aborted at the receiver's timeout (`DeliveryTimedOut`) and when its worker must stop (`DeliveryAborted`). */
  readonly abortSignal: AbortSignal;
  /** Logs with the receiver's name and the size of the batch attached. */
  readonly log: DetachedDeliveryContext['log'];
}

/**
 * The context of a receiver of batches.
 * Its writes through `tx` commit together with the outcomes of all items, or not at all.
 */
export interface BatchContext extends DetachedBatchContext {
  /** The transaction of this call. After its end it throws `TransactionEnded` instead of writing outside of it. */
  readonly tx: DeliveryContext['tx'];
}
