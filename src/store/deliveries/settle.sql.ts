// The SQL of outcomes: how deliveries are completed, settled otherwise, or released.
import { statement } from '../../drivers/statement.ts';
import { ms } from '../times.ts';

/**
 * The settings that the first statement of a receiver's transaction makes and returns: application_name and timeouts.
 */
export const SETTINGS = { application_name: 'text', statement_timeout: 'text', idle_timeout: 'text' } as const;

/**
 * The transaction should be one of a lane (drivers/postgres-js-lane.ts), and is not: its BEGIN has failed. Compared with the default,
 * which is what it is without that BEGIN, whatever the database, the role or the session has for a default.
 */
export const OUTSIDE_LANE = `($4::text::boolean and current_setting('transaction_deferrable') = current_setting('default_transaction_deferrable'))`;

/**
 * Completes a delivery as the first statement of its receiver's transaction. $1 delivery, $2 epoch, $3 milliseconds
 * that any further statement and any pause of the transaction may take, $4 whether the transaction carries the mark of a
 * lane, $5 the worker that claimed it. Returns how many it completed: 0 means that the delivery was reclaimed, and the
 * receiver must not be called.
 * Behind a BEGIN whose answer is not in yet, it does nothing unless there is that transaction, and says so.
 * Locks: the row, until the transaction ends, so that no rescue can take it from a transaction that lives. The guard
 * is all of (id, state, epoch, worker): by (id, state) alone a stale worker can complete another's attempt, and without
 * the worker one whose claim a failover has forgotten (docs/design/settle-first.md).
 * The timeouts are the server's, for a worker that froze and cannot roll back by itself; by its name others find the
 * session of a dead worker, and end it (endTransactions). Index: the primary key.
 */
export const settleFirst = statement({ completed: 'int', outside: 'bool', ...SETTINGS })`
with done as (
  delete from signalbox.delivery where id = $1::text::bigint and state = 'running' and epoch = $2::int and worker_id = $5::int and not ${OUTSIDE_LANE}
  returning id, emission_id, receiver_id, version, generation, epoch, worker_id, attempt, crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'completed', epoch, worker_id, attempt, crashes, statement_timestamp() from done
  returning 1
)
select (select count(*)::int from kept) as completed, ${OUTSIDE_LANE} as outside,
  set_config('application_name', coalesce((select 'signalbox worker ' || worker_id::text from done), ''), true) as application_name,
  set_config('statement_timeout', $3::text, true) as statement_timeout,
  set_config('idle_in_transaction_session_timeout', $3::text, true) as idle_timeout`;

/**
 * The delivery of claim `o`, locked, if it is that claim's still. One probe of the index for each, whatever the planner
 * believes: where it took no row to be running, a join compared each claim with each row of the table.
 */
export const HELD_CLAIM = `cross join lateral (
    select d.id, d.ctid as place, d.emission_id, d.receiver_id, d.epoch, d.attempt, d.worker_id from signalbox.delivery d
    where d.id = o.id and d.state = 'running' and d.epoch = o.epoch and d.worker_id = o.worker_id
    for update
  ) own`;

/**
 * Records that the receivers of deliveries returned, where that does not commit with their own writes. $1 ids, in their
 * order, $2 the epoch and $3 the worker of all of them. Returns the ids recorded: one that is missing was reclaimed, or
 * completed before. Locks: the deliveries, in the order of the index and so of ids. Guard: (id, state, epoch, worker).
 * Repeatable. Index: the primary key, whatever the planner believes: it takes an array for a handful.
 */
export const complete = statement({ ids: 'text?' })`
with done as (
  delete from signalbox.delivery d where d.id = any($1::text::bigint[]) and d.state = 'running' and d.epoch = $2::int and d.worker_id = $3::int
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.worker_id, d.attempt, d.crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'completed', epoch, worker_id, attempt, crashes, statement_timestamp() from done
  returning id
)
select string_agg(kept.id::text, ',') as ids from kept`;

/** A part of the error that was last noted for a delivery. An aggregate: `limit 1` was planned as a walk through all errors, from the last on. */
const lastNoted = (part: string): string =>
  `(select (pg_catalog.array_agg(e.error ->> '${part}'::text order by e.id desc))[1] from signalbox.delivery_error e where e.delivery_id = h.id)`;

/**
 * Records the other outcomes of deliveries. $1: [{id, epoch, worker_id, to, delay_ms, refund, error}] as JSON. Returns
 * the recorded ids: a missing one was reclaimed, or completed, and its outcome is void.
 * Locks: deliveries by id; waits for a receiver's transaction that still lives (its COMMIT may have got through though
 * the answer was lost), then decides. Guard: (id, state, epoch, worker). Index: the primary key. An error that costs no attempt
 * is noted unless it says what the last one of the delivery said: it may come for hours. Index of that: delivery_error_delivery.
 */
export const settle = statement({ id: 'text' })`
with outcome as materialized (
  select o.id, o.epoch, o.worker_id, o."to", o.delay_ms, o.refund, o.error
  from jsonb_to_recordset($1::text::jsonb) as o(id bigint, epoch int, worker_id int, "to" text, delay_ms float8, refund boolean, error jsonb)
  order by o.id
), held as materialized (
  select own.id, own.emission_id, own.receiver_id, own.epoch, own.attempt, o."to", o.delay_ms, o.refund, o.error from outcome o ${HELD_CLAIM}
), later as (
  update signalbox.delivery d
  set state = 'ready', run_at = statement_timestamp() + ${ms('h.delay_ms')}, attempt = d.attempt - h.refund::int, worker_id = null
  from held h where d.id = h.id and h."to" = 'ready'
), gone as (
  delete from signalbox.delivery d using held h where d.id = h.id and h."to" in ('dead', 'cancelled')
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, h."to", d.epoch, d.worker_id, d.attempt, d.crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, "to", epoch, worker_id, attempt, crashes, statement_timestamp() from gone
), noted as (
  insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
  select h.id, h.emission_id, h.receiver_id, h.epoch, h.attempt, h.error, statement_timestamp() from held h
  where not h.refund or (h.error ->> 'name'::text, h.error ->> 'message'::text) is distinct from (${lastNoted('name')}, ${lastNoted('message')})
)
select id::text as id from held`;

/**
 * Gives deliveries back as if they had not been claimed. $1: [{id, epoch, worker_id, delay_ms}] as JSON. Returns the ids
 * released.
 * The epoch is raised: whatever the releaser still runs is stale from now on. Locks and guard: as settle.
 */
export const release = statement({ id: 'text' })`
with claimed as materialized (
  select o.id, o.epoch, o.worker_id, o.delay_ms from jsonb_to_recordset($1::text::jsonb) as o(id bigint, epoch int, worker_id int, delay_ms float8)
  order by o.id
), given as materialized (
  select own.id, o.delay_ms from claimed o ${HELD_CLAIM}
)
update signalbox.delivery d
set state = 'ready', epoch = d.epoch + 1, attempt = d.attempt - 1, worker_id = null,
  run_at = case when g.delay_ms > 0::float8 then statement_timestamp() + ${ms('g.delay_ms')} else d.run_at end
from given g where d.id = g.id
returning d.id::text as id`;
