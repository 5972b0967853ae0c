// The hooks of an extension, and what each is called with. How hooks are composed: compose.ts; the whole of an extension: box/extension.ts.
import type { DetachedDeliveryContext } from './context.ts';
import type { EmissionReceipt } from './dispatcher.ts';
import type { RegisteredTransaction } from './handles.ts';

/** One emit, before anything of it is checked or stored. */
export interface EmitInfo {
  /** The method that was called. */
  readonly kind: 'emit' | 'emitRobust' | 'emitReliable' | 'emitMany';
  /** Name of the signal. */
  readonly signal: string;
  /** As the caller gave them: one, or those of an `emitMany`. */
  readonly payloads: readonly unknown[];
  /** The caller's headers, with those that the extensions around this one have added. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Goes on with the emit, with these headers over the ones so far. Resolves when the emissions are stored in the sender's transaction, to
 * their receipts; of `emit` and `emitRobust`, which store nothing, when the receivers have ended, to none.
 */
export type NextEmit = (headers?: Readonly<Record<string, string>>) => Promise<readonly EmissionReceipt[]>;

/** A delivery that a receiver is called for. */
export type ReceivedDelivery = Pick<DetachedDeliveryContext, 'emission' | 'attempt' | 'idempotencyKey' | 'log'>;

/** One call of a receiver. */
export interface ReceiveInfo {
  /** The stored name. */
  readonly receiver: string;
  /** Name of the signal. */
  readonly signal: string;
  /** The queue of the receiver. */
  readonly queue: string;
  /** One, or those of a batch. */
  readonly deliveries: readonly ReceivedDelivery[];
  /** The receiver's own: aborted at its timeout, and when its worker must stop. */
  readonly abortSignal: AbortSignal;
  /** The transaction of the run; `undefined` of a receiver with `transactional: false`. */
  readonly tx: RegisteredTransaction | undefined;
}

/** Calls the receiver, in the async context in which it is called. Settles as the receiver does. */
export type NextReceive = () => Promise<void>;

export type AroundEmit = (emission: EmitInfo, next: NextEmit) => unknown;
export type AroundReceive = (call: ReceiveInfo, next: NextReceive) => unknown;

/** A hook, and the name of its extension. */
export interface Hook<Around> {
  readonly extension: string;
  readonly around: Around;
}
