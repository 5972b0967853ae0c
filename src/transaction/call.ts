// The call of a receiver that the running code belongs to, carried by AsyncLocalStorage for all boxes and all copies of
// this package. A method that would wait for that very call to end refuses, and a drain inside the call does not wait
// to be alone.
import { AsyncLocalStorage } from 'node:async_hooks';
import { SignalboxError } from '../errors.ts';

/** One call. All copies of this package share this type, so new members must be optional. */
export interface Call {
  readonly deliveries: readonly { readonly id: string; readonly emissionId: string; readonly receiverId?: number }[];
  readonly receiver: { readonly name: string; readonly transactional: boolean };
  /** What runs it. */
  readonly runner: object;
  /** The store that its deliveries are in. */
  readonly store?: object;
  /** The call inside which this one was made, if any. */
  readonly parent: Call | undefined;
  /** Set when the receiver has ended: work that it started and did not await no longer belongs to the call. */
  isOver: boolean;
}

const STORAGE = Symbol.for('signalbox.call.v1');
const holder = globalThis as { [STORAGE]?: AsyncLocalStorage<Call> };
const storage = (): AsyncLocalStorage<Call> => (holder[STORAGE] ??= new AsyncLocalStorage());

/** A call that begins now. Its maker sets `isOver`. */
export const newCall = (about: Pick<Call, 'runner' | 'receiver' | 'deliveries' | 'store'>): Call => ({
  ...about,
  parent: currentCall(),
  isOver: false,
});

/** Runs `work` as part of the call. */
export const inCall = <T>(call: Call, work: () => T): T => storage().run(call, work);

/** The innermost call that has not ended. */
export function currentCall(): Call | undefined {
  let call = storage().getStore();
  while (call?.isOver) call = call.parent;
  return call;
}

/** The innermost call of the running code for which `matches` holds. */
export function findCall(matches: (call: Call) => boolean): Call | undefined {
  let call = currentCall();
  while (call && (call.isOver || !matches(call))) call = call.parent;
  return call;
}

/** @throws SignalboxError `WaitsForItself` inside a call for which `matches` holds */
export function refuseInside(what: string, matches: (call: Call) => boolean): void {
  if (findCall(matches))
    throw new SignalboxError(
      'WaitsForItself',
      `${what} was called in a receiver, and waits for that very receiver to end. Call it after the receiver has returned, as from a timer, or let the receiver throw Discard or RetryAfter to end its own delivery.`,
    );
}

/** Whether a call has deliveries of an emission. */
export const isOf =
  (emissionId: string) =>
  ({ deliveries }: Pick<Call, 'deliveries'>): boolean =>
    deliveries.some((delivery) => delivery.emissionId === emissionId.toLowerCase());
