// The options by which verbs choose deliveries, and the filter that they make.
import { LIVE_STATES, SETTLED_STATES, type DeliveryState } from '../core/delivery.ts';
import { nearest } from '../core/options.ts';
import type { DeliveryFilter } from '../operate/filter.ts';
import { newBoxVerb } from './command.ts';
import { parseTime } from './times.ts';
import { UsageError } from './usage-error.ts';

/** A verb that chooses deliveries whatever their state. */
export const newChoiceVerb = (name: string, about: string) =>
  newBoxVerb(name, about)
    .option('--receiver <name>', 'of this receiver, by its stored name')
    .option('--signal <name>', 'of this signal')
    .option('--since <time>', 'finished or due at this time or later: 30m, 2h, 7d ago, or 2026-03-01T14:00Z', (text) =>
      parseTime('--since', text),
    )
    .option('--until <time>', 'finished or due before this time', (text) => parseTime('--until', text))
    .option('--error <text>', 'whose last error has this name, or this text in its message')
    .option('--payload <path=value>', 'whose payload has this value: customer.email=ann@example.com', parsePayload);

/** A verb that takes a whole filter. */
export const newFilterVerb = (name: string, about: string) =>
  newChoiceVerb(name, about).option('--state <a,b>', 'in one of these states: ready, running, completed, dead, cancelled', parseStates);

/** What the options of {@link newFilterVerb} give. */
export interface FilterOptions {
  readonly state?: DeliveryState[] | undefined;
  readonly receiver?: string | undefined;
  readonly signal?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly error?: string | undefined;
  readonly payload?: { path: string; value: string } | undefined;
}

/** The filter, without members that were not given: an act refuses those. */
export function filterOf({ state, receiver, signal, since, until, error, payload }: FilterOptions): DeliveryFilter {
  const given = { states: state, receiver, signal, since, until, error, payload };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export const isEmpty = (filter: DeliveryFilter): boolean => Object.keys(filter).length === 0;

const STATES: readonly DeliveryState[] = [...LIVE_STATES, ...SETTLED_STATES];

export function parseStates(text: string): DeliveryState[] {
  return text.split(',').map((each) => {
    const state = STATES.find((known) => known === each.trim());
    if (state !== undefined) return state;
    const meant = nearest(each.trim(), STATES);
    throw new UsageError(`--state is ${JSON.stringify(each)}.${meant ? ` Did you mean ${meant}?` : ''} Give some of ${STATES.join(', ')}.`);
  });
}

/** The first `=` ends the path: a value may have more of them. */
export function parsePayload(text: string): { path: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { path: text.slice(0, at), value: text.slice(at + 1) };
  // Not the text itself: half a secret may stand where the path should.
  throw new UsageError('--payload lacks its "=": give a path and a value, as customer.email=ann@example.com.');
}

export function parseLimit(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000) return number;
  throw new UsageError(`--limit is ${JSON.stringify(text)}; give a whole number from 1 to 1000.`);
}
