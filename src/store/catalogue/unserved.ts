// Finds deliveries that wait for receivers whose code this process does not have: a receiver renamed without
// `formerly`, or a service that was dropped, leaves deliveries that no worker runs, and nothing else would show them.
import type { Store } from '../store.ts';
import type { Catalogue } from './catalogue.ts';
import { MOST } from './unserved.sql.ts';

/** A receiver that this process does not have, and what waits for it. */
export interface Waiting {
  readonly name: string;
  readonly signal: string;
  /** Due deliveries that no worker has taken. Not counted beyond 1,000. */
  readonly waiting: number;
}

/**
 * Counts deliveries that wait for receivers of the catalogue that this process lacks. It must have announced its own.
 */
export async function waitingElsewhere(
  store: Store,
  catalogue: Catalogue,
  { dueForSeconds }: { dueForSeconds: number },
): Promise<readonly Waiting[]> {
  return store.catalogue.waiting([...catalogue.entries().keys()], dueForSeconds);
}

/** As a sentence without its end: `2 deliveries wait for Orders.onPaid`. */
export const tellWaiting = ({ name, waiting }: Pick<Waiting, 'name' | 'waiting'>): string =>
  `${waiting}${waiting === MOST ? ' or more' : ''} ${waiting === 1 ? 'delivery waits' : 'deliveries wait'} for ${name}`;
