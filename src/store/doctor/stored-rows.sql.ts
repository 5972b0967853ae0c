// The SQL that finds for which receivers, and in which versions, deliveries are stored that may still run.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';

/** Rows that are looked at for each receiver, and of the unfinished ones in all. */
const MOST_LIVE = 1_000;
const MOST_UNFINISHED = 10_000;

/**
 * Receivers with live or dead deliveries, how many, to a bound, and the lowest and highest version of their payloads. Of each receiver the
 * ${MOST_LIVE} that are due first, and of all the latest ${MOST_UNFINISHED} unfinished ones. No parameters. Locks nothing. Repeatable. Index: delivery_claim, settled_unfinished.
 */
export const storedRows = statement({ signal: 'text', name: 'text', names: 'text', rows: 'int', oldest: 'int', newest: 'int' })`
with ${SHOWN}, unfinished as materialized (
  select u.receiver_id, u.version from (
    select s.receiver_id, s.version, s.state from signalbox.settled s
    where s.state <> 'completed'
    order by s.finished_at desc
    limit ${MOST_UNFINISHED}
  ) u where u.state = 'dead'
), kept as (
  select r.id, live.version from signalbox.receiver r
  cross join lateral (
    select d.version from signalbox.delivery d where d.receiver_id = r.id order by d.run_at limit ${MOST_LIVE}
  ) live
  union all
  select u.receiver_id, u.version from unfinished u
)
select r.signal, shown.name,
  (select pg_catalog.jsonb_agg(n.name)::text from signalbox.receiver n where ${rootId('n')} = shown.root) as names,
  count(*)::int as rows, min(k.version) as oldest, max(k.version) as newest
from kept k
join signalbox.receiver r on r.id = k.id
join shown on shown.root = ${rootId('r')}
group by r.signal, shown.name, shown.root
order by r.signal, shown.name`;
