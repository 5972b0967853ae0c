// One call of a receiver, as its transaction sees it. A call for one delivery (single.ts) and a call for several (batch.ts)
// differ in how they begin and end, and in nothing else.
import type { Receiver } from '../../core/receivers.ts';
import type { Run as Send } from '../../drivers/driver.ts';
import type { TransactionScope } from '../../transaction/scope.ts';

export interface ReceiverCall {
  readonly receiver: Receiver;
  /** The deliveries of the call, for the log. */
  about(): object;
  /**
   * The first statement of its transaction takes hold of the deliveries. The receiver is called only for what is `held`;
   * `outside`: the transaction of a lane has not begun.
   */
  begin(send: Send, options: { readonly timeoutMs: number; readonly inLane: boolean }): Promise<'held' | 'stale' | 'outside'>;
  /** The first argument of the receiver. */
  payload(): unknown;
  /** The second argument of the receiver, without the transaction. */
  context(): object;
  /** The last statements of its transaction, if there are any. */
  end?(scope: TransactionScope): Promise<void>;
  /** The call has ended, or will not be made: what the receiver says from now on comes too late. */
  close?(): void;
}
