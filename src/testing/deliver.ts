// deliver: one receiver gets one payload, by the production's own way: claim, call, settle. Its delivery and emission are rows like any others, but no
// other receiver of the signal gets one.
import type { Signalbox } from '../box/box.ts';
import { type KnownParts, partsOf } from '../box/parts.ts';
import { temporaryWorkersOf } from '../box/temporary-workers.ts';
import type { ComposedReceive } from '../core/compose.ts';
import { encodeHeaders, encodePayload } from '../core/envelope.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Class, Receiver } from '../core/receivers.ts';
import { object, oneOf, whole } from '../core/rules.ts';
import { isSignal, type Signal } from '../core/signal.ts';
import { emissionId } from '../dispatch/emission-id.ts';
import { SignalboxError } from '../errors.ts';
import { runnersOf } from '../worker/running/new-runner.ts';
import type { RunResult } from '../worker/running/run-result.ts';
import { type MethodOf, oneMeant, type ReceivedBy, receiversMeant } from './receiver-of.ts';

/** Options of {@link deliver}. */
export interface DeliverOptions {
  /** The number that the receiver sees as its attempt, from 1. Default 1. */
  attempt?: number;
  /** The headers of the emission. */
  headers?: Readonly<Record<string, string>>;
  /** The signal, if the method receives several. */
  signal?: Signal;
  /**
   * `'throw'`, the default: a receiver that fails makes the call throw `ReceiverFailed`, with the error as its cause. `'collect'`: the
   * result says so.
   */
  onFailure?: 'throw' | 'collect';
}

const OPTIONS: OptionTable<DeliverOptions> = {
  attempt: whole(1, 1_000_000),
  headers: object('an object of texts'),
  signal: { wants: 'a signal', accepts: isSignal },
  onFailure: oneOf('throw', 'collect'),
};

/** What a delivery came to. */
export interface DeliverResult {
  readonly emissionId: string;
  /** `retrying`: it failed and waits for its next attempt. `released`: it could not be called, and waits. */
  readonly ended: 'completed' | 'retrying' | 'dead' | 'cancelled' | 'released';
  /** What the receiver threw. */
  readonly error?: unknown;
}

/**
 * Has one receiver run for one payload, in a transaction of its own, and resolves when its outcome is written.
 * @throws SignalboxError `ReceiverFailed`, `InvalidOption`, `PayloadInvalid`, `MigrationMissing`, `IncompatibleCopy`, `BoxClosed`
 * @example
 * await deliver(box, Order, 'onPaymentCompleted', { paymentId: 1 });
 * const { ended } = await deliver(box, Receipts, 'onPaid', { paymentId: 1 }, { attempt: 4, onFailure: 'collect' });
 */
export async function deliver<C extends Class, M extends MethodOf<C>>(
  box: Signalbox,
  service: C,
  method: M,
  payload: ReceivedBy<C, M>,
  options: DeliverOptions = {},
): Promise<DeliverResult> {
  checkOptions(options, OPTIONS, 'deliver');
  const parts = partsOf(box);
  const receiver = oneMeant(receiversMeant(parts.receivers.all, service, method, 'deliver'), options.signal, 'deliver');
  const stored = await storeFor(parts, receiver, payload, options);
  const result = await runStored(parts, stored);
  const ended = result.ended === 'ready' ? 'retrying' : result.ended;
  if (ended === 'void')
    throw new Error(`The delivery of ${receiver.name} was taken by another worker. Stop workers while you deliver by hand.`);
  if (options.onFailure !== 'collect' && (ended === 'retrying' || ended === 'dead' || (ended === 'released' && result.error !== undefined)))
    throw new SignalboxError(
      'ReceiverFailed',
      `${receiver.name} failed in deliver, and its delivery is ${ended}. Its error is the cause; with onFailure: 'collect' the result has it.`,
      {
        cause: result.error,
        details: {
          committed: true,
          causes: [result.error],
          failures: [{ receiver: receiver.name, deliveryId: undefined, cause: result.error }],
        },
      },
    );
  return { emissionId: stored.emissionId, ended, error: result.error };
}

/** A delivery that waits, for one receiver alone. */
export interface StoredDelivery {
  readonly emissionId: string;
  readonly receiver: Receiver;
}

export async function storeFor(
  { store, catalogue }: KnownParts,
  receiver: Receiver,
  payload: unknown,
  { attempt = 1, headers }: Pick<DeliverOptions, 'attempt' | 'headers'>,
): Promise<StoredDelivery> {
  await store.check();
  await catalogue.announce();
  const { signal } = receiver;
  const [receiverId] = [...catalogue.entries()].find(([, one]) => one === receiver)!;
  const id = emissionId();
  await store.testing.store({
    id,
    signal: signal.name,
    version: signal.version,
    payload: await encodePayload(signal, payload),
    headers: encodeHeaders(signal.name, headers),
    receiverId,
    attempt: attempt - 1,
  });
  return { emissionId: id, receiver };
}

/** Claims and runs it. @param around called around the receiver, inside the hooks of extensions */
export async function runStored(parts: KnownParts, { emissionId, receiver }: StoredDelivery, around?: ComposedReceive): Promise<RunResult> {
  const { running, store, catalogue } = parts;
  const { ambient, events, aroundReceive: outside } = running;
  const aroundReceive: ComposedReceive | undefined = around && outside ? (of, call) => outside(of, around(of, call)) : (around ?? outside);
  const newRunner = runnersOf({ ...running, aroundReceive });
  const withTemporaryWorker = temporaryWorkersOf({ store, catalogue, events, tallies: running.tallies, newRunner });
  const results = await ambient.neutrally(() =>
    withTemporaryWorker(async (worker, runner) => {
      const [claimed] = await worker.takeOf([emissionId]);
      return claimed ? runner.run([claimed]) : [];
    }, receiver.name),
  );
  return results[0] ?? { receiver: receiver.name, ended: 'void' };
}
