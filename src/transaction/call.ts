// Which call of a receiver the running code is a part of, carried by AsyncLocalStorage for all boxes and all copies of this
// package. What would wait for that very call to end refuses, and a drain inside it does not wait to be alone.
import { AsyncLocalStorage } from 'node:async_hooks';
import { SignalboxError } from '../errors.ts';

/** One call. The copies of this package share it: only ever add to it what is optional. */
export interface Call {
  readonly deliveries: readonly { readonly id: string; readonly emissionId: string }[];
  readonly receiver: { readonly name: string; readonly transactional: boolean };
  /** What runs it. */
  readonly runner: object;
  /** What it is called in, if that is a call, too. */
  readonly parent: Call | undefined;
  /** What the receiver started and did not wait for is no part of it any more. */
  isOver: boolean;
}

const STORAGE = Symbol.for('signalbox.call.v1');
const holder = globalThis as { [STORAGE]?: AsyncLocalStorage<Call> };
const storage = (): AsyncLocalStorage<Call> => (holder[STORAGE] ??= new AsyncLocalStorage());

/** A call that begins now. Its maker says when it is over. */
export const newCall = (about: Pick<Call, 'runner' | 'receiver' | 'deliveries'>): Call => ({
  ...about,
  parent: currentCall(),
  isOver: false,
});

/** Runs `work` as a part of the call. */
export const inCall = <T>(call: Call, work: () => T): T => storage().run(call, work);

/** The innermost call that has not ended. */
export function currentCall(): Call | undefined {
  let call = storage().getStore();
  while (call?.isOver) call = call.parent;
  return call;
}

/** The call, of those that the running code is a part of, for which `matches` holds. */
export function findCall(matches: (call: Call) => boolean): Call | undefined {
  let call = currentCall();
  while (call && (call.isOver || !matches(call))) call = call.parent;
  return call;
}

/** @throws SignalboxError `WaitsForItself` in a call for which `matches` holds */
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
