// Verbs that change something, which the audit records.
import { UsageError } from './usage-error.ts';
import { newBoxVerb } from './command.ts';
import { type FilterOptions, filterOf, isEmpty, newFilterVerb } from './filter-options.ts';
import { parseActor } from './who.ts';
import type { DeliveryFilter } from '../operate/filter.ts';

const AS = ['--as <who>', 'who acts, for the audit (default: your user name and this machine)'] as const;

export const newActVerb = (name: string, about: string) => newBoxVerb(name, about).option(...AS, parseActor);

/** A verb that acts on one emission, on one delivery, or on all that match a filter. */
export const newDeliveryActVerb = (name: string, about: string) =>
  newFilterVerb(name, about)
    .argument('[id]', 'emission id, delivery id or idempotency key, in place of a filter')
    .option('--yes', 'do not ask, where deliveries are chosen by a filter')
    .option('--detach', 'leave the deliveries of a filter to the workers, and end')
    .option(...AS, parseActor);

/** What such a verb acts on: either of the two. */
export type Chosen = { readonly id: string; readonly receiver: string | undefined } | { readonly filter: DeliveryFilter };

/** @throws UsageError for both, or neither: an act on everything is not what a forgotten option should mean */
export function chosenBy(verb: string, id: string | undefined, options: FilterOptions): Chosen {
  const filter = filterOf(options);
  if (id === undefined) {
    if (isEmpty(filter))
      throw new UsageError(`Give an id, or say which deliveries to ${verb}, as --state dead. See them with: signalbox deliveries list`);
    return { filter };
  }
  const { receiver, ...others } = filter;
  if (!isEmpty(others)) throw new UsageError('An id names the deliveries already: beside it only --receiver is taken.');
  return { id, receiver };
}
