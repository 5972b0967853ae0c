// Which searches a person may make: an answer to a search by payload, or by the text of errors, tells what they hold.
import { readsPayload, type Terms } from '../filters.ts';
import type { Visit } from '../route.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal for a person who may not see what the search would tell */
export async function assertMayAsk(visit: Visit, terms: Terms): Promise<void> {
  if (!readsPayload(terms) || (await visit.may('view-payload'))) return;
  throw new Refusal(
    403,
    'You lack the permission view-payload, which a search by payload or by the text of errors needs: its answer would tell what they hold.',
  );
}
