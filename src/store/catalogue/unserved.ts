// What waits for receivers of which this process has no code: a receiver renamed without `formerly`, or a service that was
// dropped, leaves deliveries that nobody runs, and nothing else would show them.
import type { Run } from '../../drivers/driver.ts';
import { statement } from '../../drivers/statement.ts';
import type { Catalogue } from './catalogue.ts';
import { rootId, SHOWN } from './catalogue.sql.ts';
import { explained } from '../schema/schema-check.ts';

/** Counted so far and no further: the number tells a handful from a heap. */
const MOST = 1_000;

/**
 * Receivers of the catalogue, but for the ids $1, with deliveries that have been due for $2 seconds, and how many.
 * Locks nothing. Index: delivery_claim, once for each receiver.
 */
export const waitingDeliveries = statement({ name: 'text', signal: 'text', waiting: 'int' })`
with ${SHOWN}
select shown.name, r.signal, least(sum(w.waiting), ${MOST})::int as waiting
from signalbox.receiver r
join shown on shown.root = ${rootId('r')}
cross join lateral (
  select count(*)::int as waiting from (
    select from signalbox.delivery d
    where d.receiver_id = r.id and d.state = 'ready' and d.run_at <= statement_timestamp() - $2::text::float8 * interval '1 second'
    limit ${MOST}
  ) due
) w
where w.waiting > 0 and not r.id = any($1::text::int[])
group by shown.root, shown.name, r.signal
order by r.signal, shown.name`;

/** A receiver that this process does not have, and what waits for it. */
export interface Waiting {
  readonly name: string;
  readonly signal: string;
  /** Due deliveries that no worker has taken. Not counted beyond 1,000. */
  readonly waiting: number;
}

/** What waits for receivers that the catalogue has and this process does not. It must have announced its own. */
export async function waitingElsewhere(
  run: Run,
  catalogue: Catalogue,
  { dueForSeconds }: { dueForSeconds: number },
): Promise<readonly Waiting[]> {
  const own = `{${[...catalogue.entries().keys()].join(',')}}`;
  return explained(run)(waitingDeliveries, [own, String(dueForSeconds)]);
}

/** As a sentence without its end: `2 deliveries wait for Orders.onPaid`. */
export const tellWaiting = ({ name, waiting }: Pick<Waiting, 'name' | 'waiting'>): string =>
  `${waiting}${waiting === MOST ? ' or more' : ''} ${waiting === 1 ? 'delivery waits' : 'deliveries wait'} for ${name}`;
