// The SQL that finds deliveries whose receiver a process does not have.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from './catalogue.sql.ts';

/** Counted so far and no further: the number tells a handful from a heap. */
export const MOST = 1_000;

/**
 * Receivers of the catalogue, but for the ids $1, with deliveries that have been due for $2 seconds, and how many.
 * Locks nothing. Index: delivery_claim, once for each receiver. Repeatable. The ids are a set that is made once: `= any($1)` read the
 * whole text again for each receiver, so that announcing 10,000 receivers took 13 s, and takes 2 s.
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
where w.waiting > 0 and r.id not in (select own.id from pg_catalog.unnest($1::text::int[]) as own(id))
group by shown.root, shown.name, r.signal
order by r.signal, shown.name`;
