// How a database stands, by receiver and by worker. Every number comes from so many rows at most: a receiver has a part of an index to
// itself, of which the front is read.
import { statement } from '../../drivers/statement.ts';
import { isLive, rootId, SHOWN } from '../catalogue/catalogue.sql.ts';
import { millis } from '../times.ts';

/** A number is counted to this; one row more tells that there are more. */
export const COUNTED = 1_000;

/** Of each receiver, the due entries in which running ones are looked for: workers claim from this end. */
const HEAD = COUNTED + 1;

/** The latest dead and cancelled ones, in which the dead ones of each receiver are counted. */
const UNFINISHED = 50_000;

/** A process announces its receivers every six hours. */
const ANNOUNCED_WITHIN = `interval '1 day'`;

const MOST_WORKERS = 1_000;

/** The front of what is due of a row `r` of the catalogue. */
const head = `
  select d.state, d.worker_id from signalbox.delivery d
  where d.receiver_id = r.id and d.run_at <= statement_timestamp() order by d.run_at limit ${HEAD}`;

/** What is not due yet of a row `r`: a worker that drains ahead of time runs some of it. */
const ahead = `
  select d.state, d.attempt, d.worker_id from signalbox.delivery d
  where d.receiver_id = r.id and d.run_at > statement_timestamp() order by d.run_at limit ${COUNTED + 1}`;

/**
 * The receivers of the catalogue, each under the name that was announced last, with what waits for them. No parameters. Locks nothing.
 * Index: delivery_claim, three times for each row of a receiver; settled_unfinished, once. Deliveries may carry the id of any of the
 * rows of a receiver, so these are added up.
 */
export const receiverStatus = statement({
  name: 'text',
  signal: 'text',
  queue: 'text',
  priority: 'int',
  names: 'text',
  live: 'bool',
  fresh: 'bool',
  retired_at_ms: 'int?',
  last_seen_at_ms: 'int?',
  paused_at_ms: 'int?',
  queue_paused_at_ms: 'int?',
  due: 'int',
  due_retrying: 'int',
  oldest_due_ms: 'int?',
  later: 'int',
  later_retrying: 'int',
  later_cut: 'bool',
  running: 'int',
  running_cut: 'bool',
  dead: 'int',
  dead_cut: 'bool',
})`
with ${SHOWN}, unfinished as materialized (
  select s.receiver_id, s.state from signalbox.settled s where s.state <> 'completed' order by s.finished_at desc limit ${UNFINISHED}
), dead as materialized (
  select u.receiver_id, count(*)::int as dead from unfinished u where u.state = 'dead' group by u.receiver_id
), counted as materialized (
  select shown.name, r.signal,
    (pg_catalog.array_agg(r.queue order by r.last_seen_at desc nulls last, r.id desc))[1] as queue,
    (pg_catalog.array_agg(r.priority order by r.last_seen_at desc nulls last, r.id desc))[1] as priority,
    pg_catalog.jsonb_agg(r.name order by r.id)::text as names,
    bool_or(${isLive('r')}) as live, bool_or(r.retired_at is null and coalesce(r.last_seen_at >= statement_timestamp() - ${ANNOUNCED_WITHIN}, false)) as fresh,
    max(r.retired_at) as retired_at, max(r.last_seen_at) as last_seen_at, min(r.paused_at) as paused_at,
    sum(due.due) as due, sum(due.retrying) as due_retrying, min(due.oldest) as oldest_due,
    sum(later.later) as later, sum(later.retrying) as later_retrying, bool_or(later.seen > ${COUNTED}) as later_cut,
    sum(front.running + later.running) as running, bool_or(front.seen >= ${HEAD} or later.seen > ${COUNTED}) as running_cut,
    sum(coalesce(dead.dead, 0)) as dead
  from signalbox.receiver r
  join shown on shown.root = ${rootId('r')}
  cross join lateral (
    select count(*)::int as due, count(*) filter (where q.attempt > 0)::int as retrying, min(q.run_at) as oldest from (
      select d.attempt, d.run_at from signalbox.delivery d
      where d.receiver_id = r.id and d.state = 'ready' and d.run_at <= statement_timestamp() order by d.run_at limit ${COUNTED + 1}
    ) q
  ) due
  cross join lateral (
    select count(*)::int as seen, count(*) filter (where q.state = 'ready')::int as later,
      count(*) filter (where q.state = 'ready' and q.attempt > 0)::int as retrying, count(*) filter (where q.state = 'running')::int as running
    from (${ahead}) q
  ) later
  cross join lateral (
    select count(*)::int as seen, count(*) filter (where q.state = 'running')::int as running from (${head}) q
  ) front
  left join dead on dead.receiver_id = r.id
  group by shown.root, shown.name, r.signal
)
select c.name, c.signal, c.queue, c.priority, c.names, c.live, c.fresh, case when not c.live then ${millis('c.retired_at')} end as retired_at_ms,
  ${millis('c.last_seen_at')} as last_seen_at_ms, ${millis('c.paused_at')} as paused_at_ms, ${millis('q.paused_at')} as queue_paused_at_ms,
  least(c.due, ${COUNTED + 1})::int as due, least(c.due_retrying, ${COUNTED + 1})::int as due_retrying, ${millis('c.oldest_due')} as oldest_due_ms,
  least(c.later, ${COUNTED + 1})::int as later, least(c.later_retrying, ${COUNTED + 1})::int as later_retrying, c.later_cut,
  least(c.running, ${COUNTED + 1})::int as running, c.running_cut, least(c.dead, ${COUNTED + 1})::int as dead,
  (select count(*) from unfinished) >= ${UNFINISHED} as dead_cut
from counted c left join signalbox.paused_queue q on q.name = c.queue
order by c.signal, c.name`;

/**
 * The catalogue alone, as receiverStatus has it. No parameters. Locks nothing. A row for each name of a receiver and each signal:
 * hundreds, at most.
 */
export const receiverList = statement({
  name: 'text',
  signal: 'text',
  queue: 'text',
  priority: 'int',
  names: 'text',
  live: 'bool',
  retired_at_ms: 'int?',
  last_seen_at_ms: 'int?',
  paused_at_ms: 'int?',
  queue_paused_at_ms: 'int?',
})`
with ${SHOWN}, listed as materialized (
  select shown.name, r.signal,
    (pg_catalog.array_agg(r.queue order by r.last_seen_at desc nulls last, r.id desc))[1] as queue,
    (pg_catalog.array_agg(r.priority order by r.last_seen_at desc nulls last, r.id desc))[1] as priority,
    pg_catalog.jsonb_agg(r.name order by r.id)::text as names, bool_or(${isLive('r')}) as live,
    max(r.retired_at) as retired_at, max(r.last_seen_at) as last_seen_at, min(r.paused_at) as paused_at
  from signalbox.receiver r join shown on shown.root = ${rootId('r')}
  group by shown.root, shown.name, r.signal
)
select c.name, c.signal, c.queue, c.priority, c.names, c.live, case when not c.live then ${millis('c.retired_at')} end as retired_at_ms,
  ${millis('c.last_seen_at')} as last_seen_at_ms, ${millis('c.paused_at')} as paused_at_ms, ${millis('q.paused_at')} as queue_paused_at_ms
from listed c left join signalbox.paused_queue q on q.name = c.queue
order by c.signal, c.name`;

/**
 * The enrolled workers, the oldest first, with the deliveries that they hold. No parameters. Locks nothing. Index: delivery_claim, as
 * {@link receiverStatus} reads running ones.
 */
export const workerStatus = statement({
  id: 'int',
  label: 'text',
  version: 'text?',
  process_id: 'text',
  started_at_ms: 'int',
  lease_until_ms: 'int',
  expired: 'bool',
  lost: 'bool',
  stopping: 'bool',
  running: 'int',
  running_cut: 'bool',
})`
with front as materialized (
  select r.id as receiver_id, h.worker_id, h.state, h.entries from signalbox.receiver r cross join lateral (
    select e.worker_id, e.state, count(*)::int as entries from (${head}) e group by e.worker_id, e.state
  ) h
), held as materialized (
  select seen.worker_id, sum(seen.entries)::int as running from (
    select f.worker_id, f.entries from front f where f.state = 'running'
    union all
    select a.worker_id, a.entries from signalbox.receiver r cross join lateral (
      select e.worker_id, count(*)::int as entries from (${ahead}) e where e.state = 'running' group by e.worker_id
    ) a
  ) seen
  group by seen.worker_id
), cut as materialized (
  select exists (select from front f group by f.receiver_id having sum(f.entries) >= ${HEAD}) as cut
)
select w.id, w.label, w.version, w.process_id::text as process_id, ${millis('w.started_at')} as started_at_ms, ${millis('w.lease_until')} as lease_until_ms,
  w.lease_until < statement_timestamp() as expired, w.lost_at is not null as lost, w.stopping_at is not null as stopping,
  least(coalesce(held.running, 0), ${COUNTED + 1}) as running, cut.cut as running_cut
from signalbox.worker w cross join cut left join held on held.worker_id = w.id
order by w.started_at, w.id limit ${MOST_WORKERS}`;
