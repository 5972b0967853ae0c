// The SQL that finds what waits too long, what is dead, and who works.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';

/** Counted so far and no further. */
const MOST_DUE = 1_000;
/** Unfinished rows that are looked at for dead ones, oldest first. */
const MOST_UNFINISHED = 10_000;

/**
 * Receivers with deliveries that are due and not claimed: how many, to ${MOST_DUE}, and how long the first has been due. No parameters.
 * Locks nothing. Repeatable. Index: delivery_claim, the head of each receiver's rows.
 */
export const overdue = statement({ root: 'int', name: 'text', signal: 'text', waiting: 'int', seconds: 'int', paused: 'bool' })`
with ${SHOWN}
select shown.root, shown.name, r.signal, least(sum(w.waiting), ${MOST_DUE}::int8)::int as waiting,
  (extract(epoch from statement_timestamp() - min(w.since)))::int8 as seconds,
  bool_or(r.paused_at is not null or exists (select from signalbox.paused_queue q where q.name = r.queue)) as paused
from signalbox.receiver r
join shown on shown.root = ${rootId('r')}
cross join lateral (
  select count(*) as waiting, min(due.run_at) as since from (
    select d.run_at from signalbox.delivery d
    where d.receiver_id = r.id and d.state = 'ready' and d.run_at <= statement_timestamp()
    order by d.run_at
    limit ${MOST_DUE}
  ) due
) w
where w.waiting > 0::int8
group by shown.root, shown.name, r.signal
order by r.signal, shown.name`;

/**
 * How many of the oldest ${MOST_UNFINISHED} unfinished deliveries are dead, and how long the first has been. No parameters. Locks
 * nothing. Repeatable. Index: settled_unfinished, from its head.
 */
export const deadDeliveries = statement({ dead: 'int', seconds: 'int?' })`
select count(*)::int as dead, (extract(epoch from statement_timestamp() - min(u.finished_at)))::int8 as seconds
from (
  select s.state, s.finished_at from signalbox.settled s
  where s.state <> 'completed'
  order by s.finished_at
  limit ${MOST_UNFINISHED}
) u
where u.state = 'dead'`;

/** Workers whose lease holds, the processes that they are in, and the versions of the package that they run, as JSON. No parameters. Locks nothing. Repeatable. A handful of rows. */
export const workersAlive = statement({ workers: 'int', processes: 'int', versions: 'text' })`
select count(*)::int as workers, count(distinct w.process_id)::int as processes,
  coalesce(pg_catalog.jsonb_agg(distinct w.version) filter (where w.version is not null), '[]')::text as versions
from signalbox.worker w
where w.lost_at is null and w.lease_until > statement_timestamp()`;
