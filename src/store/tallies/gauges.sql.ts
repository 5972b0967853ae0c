// The SQL that samples what waits for each receiver.
import { statement } from '../../drivers/statement.ts';
import { rootId } from '../catalogue/catalogue.sql.ts';

/** Entries of an index that are read for each receiver and end: a number is counted to this and no further. */
export const GAUGED = 10_000;

/** The latest dead and cancelled ones, in which the dead ones of each receiver are counted. */
const UNFINISHED = 50_000;

/** The rows of one end of a receiver's part of the index, from a row `r` of the catalogue. */
const end = (side: '<=' | '>'): string => `
  select d.state, d.run_at from signalbox.delivery d
  where d.receiver_id = r.id and d.run_at ${side} statement_timestamp() order by d.run_at limit ${GAUGED}`;

/**
 * Counts what waits for each receiver, and replaces its gauge. No parameters. Two workers that do it side by side replace one another's.
 * Locks: the gauges, in the order of their receivers. Repeatable. Index: delivery_claim, twice for each row of a receiver, of which so many
 * entries are read; settled_unfinished, once.
 */
export const sampleGauges = statement({ sampled: 'int' })`
with unfinished as materialized (
  select s.receiver_id, s.state from signalbox.settled s where s.state <> 'completed' order by s.finished_at desc limit ${UNFINISHED}
), dead as materialized (
  select u.receiver_id, count(*)::int as dead from unfinished u where u.state = 'dead' group by u.receiver_id
), counted as materialized (
  select ${rootId('r')} as root, sum(front.due)::int as due, sum(front.running + later.running)::int as running, sum(later.later)::int as later,
    sum(coalesce(dead.dead, 0))::int as dead, min(front.oldest) as oldest
  from signalbox.receiver r
  cross join lateral (
    select count(*) filter (where q.state = 'ready')::int as due, count(*) filter (where q.state = 'running')::int as running,
      min(q.run_at) filter (where q.state = 'ready') as oldest
    from (${end('<=')}) q
  ) front
  cross join lateral (
    select count(*) filter (where q.state = 'ready')::int as later, count(*) filter (where q.state = 'running')::int as running
    from (${end('>')}) q
  ) later
  left join dead on dead.receiver_id = r.id
  group by ${rootId('r')}
), sampled as (
  insert into signalbox.gauge as g (receiver_id, due, running, later, dead, oldest_due_at, sampled_at)
  select c.root, c.due, c.running, c.later, c.dead, c.oldest, statement_timestamp() from counted c order by c.root
  on conflict (receiver_id) do update set due = excluded.due, running = excluded.running, later = excluded.later, dead = excluded.dead,
    oldest_due_at = excluded.oldest_due_at, sampled_at = excluded.sampled_at
  returning 1
)
select count(*)::int as sampled from sampled`;
