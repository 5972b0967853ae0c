// What an errand may be asked for: the options of `errands.begin`, what is refused, and the form in which the store takes it.
import { createHash } from 'node:crypto';
import { type DeliveryState, errorRecord } from '../../core/delivery.ts';
import { type Duration, toMs } from '../../core/duration.ts';
import { checkOptions, checkValue, type OptionTable, type Rule } from '../../core/options.ts';
import { Discard } from '../../core/outcome.ts';
import { duration, flag, object, oneOf } from '../../core/rules.ts';
import { SignalboxError } from '../../errors.ts';
import type { ErrandAct, ErrandOptions } from '../../store/errands/errand.ts';
import type { DeliveryQuery } from '../../store/operations/filter.ts';
import { actor, BY_CODE } from '../audit.ts';
import { type DeliveryFilter, queryOf, refuseUndefined } from '../filter.ts';
import { STATES_OF } from './stages.ts';

/** An act on many deliveries. */
export interface ErrandRequest {
  /**
   * `retry`: dead deliveries, and cancelled and waiting ones if the filter names their states, run again with a fresh budget and the same
   * idempotency key. `replay`: completed ones, and dead and cancelled ones if it names them, run once more as a new generation, with a new key.
   * `cancel`: waiting and running ones, and dead ones if it names them, end as cancelled.
   */
  act: 'retry' | 'replay' | 'cancel';
  /** Which deliveries. `{}`: all in the states that the act is about by default. */
  filter: DeliveryFilter;
  /** The name of the operator, which the audit keeps: 1 to 200 characters. Default `'code'`. */
  by?: string;
  /** For `retry` and `replay`: spreads the times at which they are due over this time from now. Default 0: all at once. */
  over?: Duration;
  /** For `replay`: receivers with `transactional: false` may act outside their transactions once more. Default false. */
  actsAgain?: boolean;
  /** For `cancel`: the reason, which is noted with each delivery. */
  because?: string;
}

/** A request in the form in which the store takes it. */
export interface Wanted {
  readonly act: ErrandAct;
  readonly by: string;
  readonly filter: DeliveryQuery;
  readonly options: Omit<ErrandOptions, 'audit'>;
  readonly actsAgain: boolean;
}

const ACTS = ['retry', 'replay', 'cancel'] as const;
const text: Rule = { wants: 'a text', accepts: (value) => typeof value === 'string' };

const REQUEST: OptionTable<ErrandRequest> = {
  act: oneOf(...ACTS),
  filter: object('a filter of deliveries'),
  by: actor,
  over: duration({ most: '30d' }),
  actsAgain: flag,
  because: text,
};

/** Which acts take which options. */
const ONLY_FOR: Readonly<Record<'over' | 'actsAgain' | 'because', readonly ErrandAct[]>> = {
  over: ['retry', 'replay'],
  actsAgain: ['replay'],
  because: ['cancel'],
};

/** Replayed deliveries of a receiver that are live when an errand adds one: what is emitted now goes before the rest. */
const MOST_REPLAYED = 1_000;

/** @throws SignalboxError `InvalidOption` */
export function wantedOf(request: ErrandRequest, subject: string): Wanted {
  checkOptions(request, REQUEST, subject, { required: ['act', 'filter'] });
  const { act, by = BY_CODE, over = 0, actsAgain = false, because = 'Cancelled by an operator.' } = request;
  for (const [option, acts] of Object.entries(ONLY_FOR))
    if (request[option as keyof typeof ONLY_FOR] !== undefined && !acts.includes(act))
      throw new SignalboxError('InvalidOption', `${subject}: ${option} is for ${acts.join(' and ')}, and not for ${act}. Leave it out.`);
  const overMs = toMs(over, `${subject}: over`);
  return {
    act,
    by,
    filter: filterOf(act, request.filter, subject),
    options: {
      ...(overMs > 0 && { overMs }),
      ...(act === 'retry' && { generations: 0 as const }),
      ...(act === 'replay' && { generations: 1 as const, most: MOST_REPLAYED }),
      ...(act === 'cancel' && { error: reasonOf(because) }),
    },
    actsAgain,
  };
}

/** The reason that is noted with what is cancelled, without a stack. */
export function reasonOf(because: string): { readonly name: string; readonly message: string } {
  const { name, message } = errorRecord(new Discard(because));
  return { name, message };
}

/** The filter of an act, with the states that it is about. @throws SignalboxError `InvalidOption` */
export function filterOf(act: ErrandAct, filter: DeliveryFilter, subject: string): DeliveryQuery {
  const { can, by } = STATES_OF[act];
  checkValue(filter, object('a filter of deliveries'), subject, 'the filter');
  refuseUndefined(filter, `${subject}: filter`);
  const query = queryOf(filter, `${subject}: filter`);
  const states = filter.states ? query.states : by;
  const cannot = states.find((state) => !can.includes(state));
  if (cannot)
    throw new SignalboxError(
      'InvalidOption',
      `${subject}: ${act} cannot change deliveries that are ${cannot}, only those that are ${tell(can)}.`,
    );
  return { ...query, states };
}

const tell = (states: readonly DeliveryState[]): string =>
  states.length === 1 ? states[0]! : `${states.slice(0, -1).join(', ')} or ${states.at(-1)}`;

/** The same for what does the same to the same deliveries. A hash: the payload's value is not to be kept in a further place. */
export function fingerprintOf({ act, filter, options }: Pick<Wanted, 'act' | 'filter' | 'options'>): string {
  const { to } = options;
  // `queryOf` gives the members of a filter one order.
  return createHash('sha256')
    .update(JSON.stringify([act, filter, to]))
    .digest('hex');
}

/** A filter as the audit and operators see it: without the value that it looks for in payloads. */
export function withoutValue(filter: DeliveryQuery): DeliveryQuery {
  if (!filter.payload) return filter;
  return { ...filter, payload: { path: filter.payload.path, value: '' } };
}
