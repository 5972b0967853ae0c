// Filters of deliveries as they stand in the address of a page, which is how they can be kept, sent to others and carried through an act. Pure.
import type { DeliveryState } from '../core/delivery.ts';
import type { DeliveryFilter } from '../operate/filter.ts';
import { SignalboxError } from '../errors.ts';
import { link, type Query } from './links.ts';

export const STATES: readonly DeliveryState[] = ['ready', 'running', 'completed', 'dead', 'cancelled'];

/** The names of a filter's members in an address, in their order. */
const MEMBERS = ['state', 'receiver', 'signal', 'emission', 'since', 'until', 'error', 'path', 'value'] as const;

export type Terms = Readonly<Record<(typeof MEMBERS)[number], readonly string[]>>;

/** What an address asks for, as text. Empty fields of a form ask for nothing. */
export const termsOf = (query: URLSearchParams): Terms =>
  Object.fromEntries(MEMBERS.map((name) => [name, query.getAll(name).filter((value) => value !== '')])) as unknown as Terms;

/** For `link`. */
export const queryOfTerms = (terms: Terms): Query => terms;

/** The same filter for an address, and nothing else of it. */
export const searchOf = (terms: Terms): string => link('', queryOfTerms(terms)).replace(/^\.\/\??/, '');

/** @throws SignalboxError `InvalidOption` for a time that is none, or half a search in payloads; the box refuses the rest */
export function filterOf(terms: Terms): DeliveryFilter {
  const one = (name: keyof Terms): string | undefined => terms[name][0];
  const [receiver, signal, emissionId, error, path, value] = (['receiver', 'signal', 'emission', 'error', 'path', 'value'] as const).map(
    one,
  );
  if (value !== undefined && path === undefined)
    throw new SignalboxError(
      'InvalidOption',
      'A value in the payload is given without its path. Give the path that leads to it, such as customer.email.',
    );
  return {
    ...(terms.state.length > 0 && { states: terms.state as DeliveryState[] }),
    ...(receiver !== undefined && { receiver }),
    ...(signal !== undefined && { signal }),
    ...(emissionId !== undefined && { emissionId }),
    ...(one('since') !== undefined && { since: timeOf(one('since')!, 'since') }),
    ...(one('until') !== undefined && { until: timeOf(one('until')!, 'until') }),
    ...(error !== undefined && { error }),
    ...(path !== undefined && { payload: { path, value: value ?? '' } }),
  };
}

/** Whether the answer to such a filter tells what payloads or the texts of errors hold. */
export const readsPayload = (terms: Terms): boolean => terms.error.length + terms.path.length + terms.value.length > 0;

/** A field of a form has a time without a zone: it is UTC. */
function timeOf(text: string, name: string): Date {
  const at = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(at.getTime())) throw new SignalboxError('InvalidOption', `${name} is no time. Give it as 2026-11-29T08:30, in UTC.`);
  return at;
}
