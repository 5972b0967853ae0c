// Assertions on the deliveries of a box: which receivers were reached, which deliveries are dead, and that none is left. All is read from
// rows. A failure lists the deliveries that are there instead, with their errors.
import { isBox, partsOf } from '../box/parts.ts';
import type { Signalbox } from '../box/box.ts';
import { decodePayload } from '../core/envelope.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Class, Receiver } from '../core/receivers.ts';
import { anything, text, whole } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { SeenDelivery } from '../store/testing/rows.ts';
import { CapturedEmissions } from './captured.ts';
import { isLike, type Like, tellLike } from './matching.ts';
import { type MethodOf, type ReceivedBy, receiversMeant } from './receiver-of.ts';
import { listed, show, wantedTimes } from './show.ts';
import { insist, type Verdict } from './verdict.ts';

/** What is expected of the deliveries of a receiver. */
export interface DeliveredExpectation<Payload = unknown> {
  /** Exactly so many match. Default: at least one. 0: none. */
  times?: number;
  /** The payload has these members, each deeply equal, or the function returns true for it. Default: any payload. */
  with?: Like<Payload>;
  /** Only deliveries of the emissions of a block. Default: all of the database. */
  of?: CapturedEmissions;
}

const OPTIONS: OptionTable<DeliveredExpectation> = {
  times: whole(0, 1_000_000),
  with: anything,
  of: { wants: 'what captured resolves to', accepts: (value) => value instanceof CapturedEmissions },
};

/** Of which deliveries none may be left. */
export interface PendingExpectation {
  /** The stored name of a receiver. Default: all. */
  receiver?: string;
  /** Only deliveries of the emissions of a block. Default: all of the database. */
  of?: CapturedEmissions;
}

const PENDING_OPTIONS: OptionTable<PendingExpectation> = { receiver: text, of: OPTIONS.of };

/**
 * That a receiver has completed deliveries.
 * @throws AssertionError; SignalboxError `InvalidOption`
 * @example await assertReached(box, Order, 'onPaymentCompleted', { times: 1, with: { paymentId: 1 } });
 */
export async function assertReached<C extends Class, M extends MethodOf<C>>(
  box: Signalbox,
  service: C,
  method: M,
  expectation?: DeliveredExpectation<ReceivedBy<C, M>>,
): Promise<void>;
/** The same by the stored name of the receiver. */
export async function assertReached(box: Signalbox, receiver: string, expectation?: DeliveredExpectation): Promise<void>;
export async function assertReached(box: Signalbox, ...meant: unknown[]): Promise<void> {
  insist(await judgeDeliveries(box, 'completed', meant, 'assertReached'), assertReached);
}

/**
 * That deliveries of a receiver are dead.
 * @throws AssertionError; SignalboxError `InvalidOption`
 * @example await assertDead(box, Receipts, 'onPaymentCompleted', { times: 1 });
 */
export async function assertDead<C extends Class, M extends MethodOf<C>>(
  box: Signalbox,
  service: C,
  method: M,
  expectation?: DeliveredExpectation<ReceivedBy<C, M>>,
): Promise<void>;
/** The same by the stored name of the receiver. */
export async function assertDead(box: Signalbox, receiver: string, expectation?: DeliveredExpectation): Promise<void>;
export async function assertDead(box: Signalbox, ...meant: unknown[]): Promise<void> {
  insist(await judgeDeliveries(box, 'dead', meant, 'assertDead'), assertDead);
}

/**
 * That no delivery waits or runs, also none that is due later.
 * @throws AssertionError; SignalboxError `InvalidOption`
 */
export async function assertNoPending(box: Signalbox, expectation: PendingExpectation = {}): Promise<void> {
  insist(await judgePending(box, expectation, 'assertNoPending'), assertNoPending);
}

/** @param state in which the receiver's deliveries are to be */
export async function judgeDeliveries(
  box: unknown,
  state: 'completed' | 'dead',
  meant: readonly unknown[],
  subject: string,
): Promise<Verdict> {
  const { store, receivers } = partsOf(assertBox(box, subject));
  const [of, ...more] = meant as [Class | string, ...unknown[]];
  const method = typeof of === 'string' ? undefined : (more.shift() as string);
  const expectation = (more[0] ?? {}) as DeliveredExpectation;
  checkOptions(expectation, OPTIONS, subject);
  const found = receiversMeant(receivers.all, of, method, subject);
  const all = within(await store.testing.deliveries(), expectation.of);
  const { times, with: expected } = expectation;
  const own = all.filter((delivery) => receiverOf(delivery, found));
  const matching: SeenDelivery[] = [];
  for (const delivery of own)
    if (delivery.state === state && isLike(await payloadOf(delivery, receiverOf(delivery, found)!), expected)) matching.push(delivery);
  const toBe = state === 'dead' ? 'to end dead' : 'to be reached';
  return {
    pass: times === undefined ? matching.length > 0 : matching.length === times,
    message: (isNot = false) =>
      [
        `${found[0]!.name} was${isNot ? ' not' : ''} ${toBe} ${wantedTimes(times)}${tellLike(expected)} and was so ${matching.length} times.`,
        listed('Its deliveries:', own.map(lineOf), 'It has no deliveries.'),
        listed('Those of other receivers:', all.filter((delivery) => !own.includes(delivery)).map(lineOf), 'No other receiver has any.'),
      ].join('\n'),
    actual: own.map(({ state }) => state),
  };
}

export async function judgePending(box: unknown, expectation: PendingExpectation, subject: string): Promise<Verdict> {
  const { store, receivers } = partsOf(assertBox(box, subject));
  checkOptions(expectation, PENDING_OPTIONS, subject);
  const { receiver } = expectation;
  if (receiver !== undefined) receiversMeant(receivers.all, receiver, undefined, subject);
  const all = within(await store.testing.deliveries(), expectation.of).filter(({ receiver: name }) => (receiver ?? name) === name);
  const left = all.filter(({ state }) => state === 'ready' || state === 'running');
  return {
    pass: left.length === 0,
    message: (isNot = false) =>
      isNot
        ? 'A delivery was to be left, and none is.'
        : listed(`No delivery was to be left, and ${left.length} are:`, left.map(lineOf), ''),
    actual: left.length,
    expected: 0,
  };
}

function assertBox(box: unknown, subject: string): object {
  if (typeof box === 'object' && box !== null && isBox(box)) return box;
  throw new SignalboxError('InvalidOption', `${subject}: what was given is no box: ${show(box)}. Give what createSignalbox returned.`);
}

function within(all: readonly SeenDelivery[], of: CapturedEmissions | undefined): readonly SeenDelivery[] {
  if (!of) return all;
  const ids = new Set(of.all.map(({ emissionId }) => emissionId));
  return all.filter(({ emissionId }) => ids.has(emissionId));
}

const receiverOf = (delivery: SeenDelivery, receivers: readonly Receiver[]): Receiver | undefined =>
  receivers.find(({ name, formerly, signal }) => [name, ...formerly].includes(delivery.receiver) && signal.name === delivery.signal);

async function payloadOf({ payload, version }: SeenDelivery, { signal }: Receiver): Promise<unknown> {
  return decodePayload(signal, payload, version).catch(() => undefined);
}

function lineOf({ receiver, signal, state, attempt, payload, error }: SeenDelivery): string {
  const tries = attempt === 1 ? '' : ` after ${attempt} attempts`;
  return `${receiver} of ${signal} ${payload.slice(0, 200)}: ${state}${tries}${error === null ? '' : `: ${JSON.stringify(error.slice(0, 300)).slice(1, -1)}`}`;
}
