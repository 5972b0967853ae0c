// Filters of deliveries: what a caller may give, what is refused, and the form in which the store takes them.
import { LIVE_STATES, SETTLED_STATES, type DeliveryState } from '../core/delivery.ts';
import { checkOptions, type OptionTable, type Rule } from '../core/options.ts';
import { bag, date, listOf, oneOf, uuid } from '../core/rules.ts';
import { nameOfSignal, type Signal, signalOrName } from '../core/signal.ts';
import { SignalboxError } from '../errors.ts';
import type { DeliveryQuery } from '../store/operations/filter.ts';

/**
 * A filter of deliveries: those that match all given members. A member that is `undefined` counts as not given when deliveries are
 * looked at, and is refused by an act, which would widen.
 */
export interface DeliveryFilter {
  /** One state at least. Default: all states. */
  states?: readonly DeliveryState[];
  /** The stored name, or a former one. */
  receiver?: string;
  /** The signal, or its name. */
  signal?: Signal | string;
  /** A UUID, as `emissionId` of the receipt. */
  emissionId?: string;
  /**
   * Their time is this or later, by the database's clock. The time of a delivery is the time at which it was settled; of one that is
   * live, that at which it is or was due.
   */
  since?: Date;
  /** Their time is earlier. */
  until?: Date;
  /** Their latest error has this name, or has this text in its message, whatever the case of its letters. 1 to 1,000 characters. */
  error?: string;
  /**
   * A value in the payload. `path` leads to it by names and by positions from 0, with a dot between: `customer.email`, `items.0.id`; a
   * name that contains a dot cannot be given. Values are compared as text: `42` finds the number 42 and the text `42`, `true` finds true;
   * a number is written as PostgreSQL writes it, which keeps zeros at the end (`1.50`) and no exponent. `null`, and what is
   * absent, is found by no value. Nothing of it is indexed: narrow the filter by other members where there are many deliveries.
   */
  payload?: PayloadFilter;
}

/** A value in a payload. */
export interface PayloadFilter {
  /** Names and positions, with a dot between. */
  path: string;
  /** The value, as text. */
  value: string;
}

export const STATES: readonly DeliveryState[] = [...LIVE_STATES, ...SETTLED_STATES];

const LONGEST_TEXT = 1_000;
export const DEEPEST_PATH = 50;

const state = oneOf(...STATES);
const states = listOf('states', state);

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LONGEST_TEXT && !value.includes('\u0000') && value.isWellFormed();

/** A text that the server can take. */
export const searched: Rule = { wants: `a text of 1 to ${LONGEST_TEXT} characters`, accepts: (value) => isText(value) && value !== '' };
export const stepsOf = (path: string): string[] => path.split('.');

export const PAYLOAD: OptionTable<PayloadFilter> = {
  path: {
    wants: `names and positions with a dot between, such as 'customer.email', at most ${DEEPEST_PATH}`,
    accepts: (value) => isText(value) && stepsOf(value).every((step) => step !== '') && stepsOf(value).length <= DEEPEST_PATH,
  },
  value: { wants: `a text of at most ${LONGEST_TEXT} characters`, accepts: isText },
};

const FILTER: OptionTable<DeliveryFilter> = {
  states: {
    ...states,
    wants: `a list of ${state.wants}, at least one of them`,
    accepts: (value) => states.accepts(value) && (value as readonly unknown[]).length > 0,
  },
  receiver: searched,
  signal: { ...signalOrName, accepts: (value) => signalOrName.accepts(value) && (typeof value !== 'string' || isText(value)) },
  emissionId: uuid,
  since: date,
  until: date,
  error: searched,
  payload: bag('an object with path and value', PAYLOAD),
};

/**
 * The query of a filter.
 * @param subject the method that was given it, in messages
 * @throws SignalboxError `InvalidOption`
 */
export function queryOf(filter: DeliveryFilter, subject: string): DeliveryQuery {
  checkOptions(filter, FILTER, subject);
  const { payload } = filter;
  if (payload) checkOptions(payload, PAYLOAD, `${subject}: payload`, { required: ['path', 'value'] });
  const { states: wanted = STATES, receiver, signal, emissionId, since, until, error } = filter;
  return {
    states: STATES.filter((each) => wanted.includes(each)),
    ...(receiver !== undefined && { receiver }),
    ...(signal !== undefined && { signal: nameOfSignal(signal) }),
    ...(emissionId !== undefined && { emissionId }),
    ...(since && { sinceMs: since.getTime() }),
    ...(until && { untilMs: until.getTime() }),
    ...(error !== undefined && { error: { name: error, text: error } }),
    ...(payload && { payload: { path: stepsOf(payload.path), value: payload.value } }),
  };
}

/**
 * Refuses members that are present but undefined: most likely a variable lacks its value, and an act would widen to deliveries that
 * are not meant.
 * @throws SignalboxError `InvalidOption`
 */
export function refuseUndefined(filter: DeliveryFilter, subject: string): void {
  const lacking = Object.entries(filter).find(([, value]) => value === undefined);
  if (lacking) throw new SignalboxError('InvalidOption', `${subject}: ${lacking[0]} is undefined. Give its value, or leave it out.`);
}
