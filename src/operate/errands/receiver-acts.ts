// What operators do to a receiver whose code has gone or moved: its deliveries become another's, or it is retired.
import { checkOptions, checkValue, type OptionTable } from '../../core/options.ts';
import { flag, oneOf, text } from '../../core/rules.ts';
import { SignalboxError } from '../../errors.ts';
import type { Errand } from '../../store/errands/errand.ts';
import { actor, type ActOptions, BY_CODE } from '../audit.ts';
import { receiverNotFound } from '../pause.ts';
import type { Errands, ErrandsParts } from './errands.ts';
import { reasonOf } from './request.ts';
import { STATES_OF } from './stages.ts';

/** Options of `box.receivers.move`. */
export interface MoveOptions extends ActOptions {
  /** Whether dead deliveries go, too; they stay dead. Default true. */
  dead?: boolean;
}

/** Options of `box.receivers.retire`. */
export interface RetireOptions extends ActOptions {
  /** What happens to deliveries that are stored and not finished: they are kept for a process that has the receiver, or cancelled. Default `'keep'`. */
  waiting?: 'keep' | 'cancel';
}

/** What retiring a receiver has done. */
export interface Retirement {
  /** False: it had been retired already. */
  readonly changed: boolean;
  /** With `waiting: 'cancel'`, the errand that cancels what waits. */
  readonly errand: Errand | undefined;
}

const MOVE: OptionTable<MoveOptions> = { by: actor, dead: flag };
const RETIRE: OptionTable<RetireOptions> = { by: actor, waiting: oneOf('keep', 'cancel') };

/** Begins the errand that moves the deliveries of `from` to `to`. @throws SignalboxError `ReceiverNotFound`, `ErrandUnfinished`, `InvalidOption` */
export async function moveDeliveries(
  parts: ErrandsParts,
  errands: Errands,
  [from, to]: readonly [string, string],
  options: MoveOptions,
): Promise<Errand> {
  const { box, store, receivers } = parts;
  box.assertOpen();
  const subject = 'receivers.move';
  checkValue(from, text, subject, 'the receiver');
  checkValue(to, text, subject, 'the receiver to which they go');
  checkOptions(options, MOVE, subject);
  const { by = BY_CODE, dead = true } = options;
  const moves = await store.movesTo(from, to);
  if (moves.length === 0) throw receiverNotFound(subject, from);
  if (!(await receivers.list()).some(({ name }) => name === to)) throw receiverNotFound(subject, to);
  const refuse = (why: string): never => {
    throw new SignalboxError('InvalidOption', `${subject}: ${why}`);
  };
  const lost = moves.find((move) => move.to === undefined);
  if (lost) refuse(`${to} does not receive ${lost.signal}, which ${from} does. Its deliveries could not be run.`);
  if (moves.some((move) => moves.some(({ id }) => id === move.to)))
    refuse(`${from} and ${to} are names of one receiver, so its deliveries are there.`);
  return errands.start({
    act: 'move',
    by,
    filter: { receiver: from, states: dead ? STATES_OF.move.by : STATES_OF.retire.by },
    options: {
      to: Object.fromEntries(moves.map((move) => [String(move.id), move.to!])),
      toName: to,
      error: reasonOf(`Moved to ${to}, which has its own delivery of this emission.`),
    },
  });
}

/** Retires a receiver. @throws SignalboxError `ReceiverNotFound`, `ErrandUnfinished`, `InvalidOption` */
export async function retireReceiver(parts: ErrandsParts, errands: Errands, receiver: string, options: RetireOptions): Promise<Retirement> {
  const { box, store, audit, events } = parts;
  box.assertOpen();
  const subject = 'receivers.retire';
  checkValue(receiver, text, subject, 'the receiver');
  checkOptions(options, RETIRE, subject);
  const { by = BY_CODE, waiting = 'keep' } = options;
  const changed = await audit.record(
    { by, act: subject, about: { receiver, waiting } },
    async () => {
      const retired = await store.retire(receiver);
      if (retired.found === 0) throw receiverNotFound(subject, receiver);
      return retired.changed > 0;
    },
    (done) => ({ changed: done }),
  );
  if (changed) events.raiseNeutrally('operator.retired', { receiver, by });
  if (waiting === 'keep') return { changed, errand: undefined };
  // Senders that had read the catalogue before may store more.
  const horizon = await store.nextTransaction();
  const error = reasonOf(`${receiver} was retired.`);
  return {
    changed,
    errand: await errands.start({ act: 'retire', by, filter: { receiver, states: STATES_OF.retire.by }, options: { error, horizon } }),
  };
}
