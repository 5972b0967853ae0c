// The SQL statements of the delivery protocol, named: append, claim, settle, release. The rooms above call them through
// store.ts. Those about workers and what they leave behind are in workers/workers.sql.ts.
//
// Each says which rows it locks and in which order, what makes it safe to repeat, and which index serves it.
// Times are always the database's: statement_timestamp(), never a time from the client, and never clock_timestamp(),
// which cannot be an index condition. Arrays and JSON travel as text: every driver sends text alike.
import { statement } from '../drivers/statement.ts';
import { notifyIfAsleep } from './workers/sleeping.sql.ts';
import { isLive, rootId } from './catalogue/catalogue.sql.ts';
import { CLAIMED, SETTINGS } from './deliveries/columns.ts';
import { micros, millis, ms } from './times.ts';

/** One step of an emission's priority is an hour's head start. */
const HEAD_START = `interval '1 hour'`;

/**
 * Stores emissions of one signal and a delivery for each of its receivers, all or none: one statement, in the caller's
 * transaction. $1 signal, $2 version, $3 [{id, payload}] as JSON, $4 headers as JSON or null, $5 run at (ISO) or null,
 * $6 delay in ms, $7 priority, $8 ids of this process's own receivers, $9 channel to wake workers, $10 whether to notify even if
 * none sleeps.
 * Returns one row: the number of deliveries of each emission, the id of the (outermost) transaction, and whether own
 * receivers have been joined to others that this process does not know of.
 * Locks: none but the new rows. Index: receiver_signal_name. The own receivers are named besides being in the
 * catalogue, for the caller's snapshot (repeatable read) may be older than their announcement. All names of a receiver have
 * one root, in each snapshot, so there is one delivery for it (docs/design/catalogue.md).
 * A payload that is null as a whole comes out of the recordset as SQL's null, and is stored as JSON's.
 * A priority is a head start, so that the claim keeps its one order, run_at (docs/design/priority.md).
 */
export const append = statement({ deliveries: 'int', xid: 'text', moved: 'bool', notified: 'int' })`
with item as materialized (
  select i.id, i.payload from jsonb_to_recordset($3::text::jsonb) as i(id uuid, payload jsonb)
), due as materialized (
  select case when $5::text is not null then $5::text::timestamptz
    else statement_timestamp() + ${ms('$6')} - $7::float8 * ${HEAD_START} end as run_at
), own as materialized (
  select own.id, coalesce(r.root_id, own.id) as root from pg_catalog.unnest($8::text::int[]) as own(id)
  left join signalbox.receiver r on r.id = own.id
), target as materialized (
  select ${rootId('r')} as id from signalbox.receiver r where r.signal = $1::text and ${isLive('r')}
  union
  select own.root from own
), stored as (
  insert into signalbox.emission (id, signal, version, payload, headers, emitted_at)
  select i.id, $1::text, $2::int, coalesce(i.payload, 'null'), $4::text::jsonb, statement_timestamp() from item i
), delivered as (
  insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
  select i.id, t.id, $2::int, due.run_at from item i cross join target t cross join due
), notified as materialized (
  select ${notifyIfAsleep('$9', '$10')} from due
  where due.run_at <= statement_timestamp() and exists (select from target)
)
select (select count(*)::int from target) as deliveries, pg_current_xact_id()::text as xid,
  exists (select from own where own.root <> own.id) as moved, (select count(*)::int from notified) as notified`;

/**
 * The rows that `picked` has locked, by their place. An array, not a join: whatever the planner believes of the numbers
 * of rows, it goes to each by its place. A join was planned as a walk through the table (docs/design/plans.md). A row that
 * was changed between look and lock has another place, and is left for the next statement.
 */
const lockedBy = (picked: string): string => `d.ctid = any(array(${picked}))`;

/** All that it takes is returned, also a delivery whose emission was deleted: what is held and not known of is not ended. */
const takeFrom = (picked: string): string => `
taken as (
  update signalbox.delivery d set state = 'running', epoch = d.epoch + 1, attempt = d.attempt + 1, worker_id = $1::int
  where ${lockedBy(picked)}
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.attempt, d.crashes, d.run_at
)
select taken.id::text as id, taken.emission_id::text as emission_id, taken.receiver_id, taken.version, taken.generation,
  taken.epoch, taken.attempt, taken.crashes, e.payload::text as payload, e.headers::text as headers,
  ${millis('e.emitted_at')} as emitted_at_ms, ${micros('taken.run_at')} as run_at_us
from taken left join signalbox.emission e on e.id = taken.emission_id`;

/**
 * The claiming worker must be alive, and must stay so until the claim has committed: a worker that others have marked dead would
 * own rows that no rescue takes back. FOR KEY SHARE lets its own renewals pass and conflicts with markExpiredDead' FOR UPDATE.
 */
const ALIVE = `
me as materialized (
  select w.id from signalbox.worker w
  where w.id = $1::int and w.lost_at is null and w.lease_until > statement_timestamp()
  for key share
)`;

/**
 * Takes due deliveries of the receivers that this worker has code for. $1 worker, $2 receiver ids, in the order of
 * service, $3 how many of each at most, $4 the newest payload version of each that it can read, $5 how many in all,
 * $6 how far ahead of their time in ms, $7 crashes from which a delivery must run alone, $8 whether one such may be taken, $9
 * from which time on to look for those of each, in seconds since 1970 (docs/design/old-snapshots.md).
 * Locks: the worker's row, then deliveries, receiver by receiver in the order given, by run_at; others' locks are
 * skipped. Repeatable: a row that is running is not taken again. Index: delivery_claim, one range per receiver; a
 * single `receiver_id = any(...)` would sort the backlog. The locking CTE is never inlined, so the limit is exact.
 * What has been with several workers that died, a suspect, may have killed them: it is taken by a worker that runs nothing else,
 * alone, and only if nothing else is due. Index of that: delivery_suspect, which is all but empty.
 */
export const claim = statement(CLAIMED)`
with ${ALIVE}, picked as materialized (
  select due.place
  from unnest($2::text::int[], $3::text::int[], $4::text::int[], $9::text::float8[]) as r(id, free, version, since)
  cross join lateral (
    select d.ctid as place from signalbox.delivery d
    where d.receiver_id = r.id and d.run_at >= to_timestamp(r.since) and d.run_at <= statement_timestamp() + ${ms('$6')} and d.state = 'ready' and d.version <= r.version
      and d.crashes < $7::int and exists (select from me)
    order by d.run_at
    limit least(r.free, $5::int)
    for update skip locked
  ) due
  limit $5::int
), alone as materialized (
  select due.place
  from unnest($2::text::int[], $4::text::int[]) as r(id, version)
  cross join lateral (
    select d.ctid as place from signalbox.delivery d
    where d.receiver_id = r.id and d.run_at <= statement_timestamp() + ${ms('$6')} and d.state = 'ready' and d.version <= r.version
      and d.crashes > 0 and d.crashes >= $7::int and exists (select from me)
    order by d.run_at
    limit 1
    for update skip locked
  ) due
  where $8::text::boolean and not exists (select from picked)
  limit 1
), ${takeFrom('select place from picked union all select place from alone')}`;

/**
 * Whether a suspect waits, a delivery that must run alone. $1 receiver ids, $2 the newest version of each that can be read, $3
 * crashes, $4 how far ahead of its time in ms. For a worker that is never idle by itself. No locks. Index: delivery_suspect.
 */
export const suspectWaits = statement({ waits: 'bool' })`
select exists (
  select from unnest($1::text::int[], $2::text::int[]) as r(id, version)
  join signalbox.delivery d on d.receiver_id = r.id and d.version <= r.version
  where d.crashes > 0 and d.crashes >= $3::int and d.state = 'ready' and d.run_at <= statement_timestamp() + ${ms('$4')}
) as waits`;

/**
 * Takes the due deliveries of given emissions, for immediate mode. $1 worker, $2 receiver ids, $3 the newest payload
 * version of each, $4 emission ids. Locks: as claim, deliveries by id. Index: delivery_emission_receiver.
 */
export const claimEmissions = statement(CLAIMED)`
with ${ALIVE}, picked as materialized (
  select d.ctid as place from signalbox.delivery d
  join unnest($2::text::int[], $3::text::int[]) as r(id, version) on d.receiver_id = r.id and d.version <= r.version
  where d.emission_id = any($4::text::uuid[]) and d.run_at <= statement_timestamp() and d.state = 'ready'
    and exists (select from me)
  order by d.id
  for update of d skip locked
), ${takeFrom('select place from picked')}`;

/**
 * The transaction should be one of a lane (drivers/postgres-js-lane.ts), and is not: its BEGIN has failed. Compared with the default,
 * which is what it is without that BEGIN, whatever the database, the role or the session has for a default.
 */
export const UNMARKED = `($4::text::boolean and current_setting('transaction_deferrable') = current_setting('default_transaction_deferrable'))`;

/**
 * Completes a delivery as the first statement of its receiver's transaction. $1 delivery, $2 epoch, $3 milliseconds
 * that any further statement and any pause of the transaction may take, $4 whether the transaction carries the mark of a
 * lane, $5 the worker that claimed it. Returns how many it completed: 0 means that the delivery was taken away, and the
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
  delete from signalbox.delivery where id = $1::text::bigint and state = 'running' and epoch = $2::int and worker_id = $5::int and not ${UNMARKED}
  returning id, emission_id, receiver_id, version, generation, epoch, worker_id, attempt, crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'completed', epoch, worker_id, attempt, crashes, statement_timestamp() from done
  returning 1
)
select (select count(*)::int from kept) as completed, ${UNMARKED} as outside,
  set_config('application_name', coalesce((select 'signalbox worker ' || worker_id::text from done), ''), true) as application_name,
  set_config('statement_timeout', $3::text, true) as statement_timeout,
  set_config('idle_in_transaction_session_timeout', $3::text, true) as idle_timeout`;

/**
 * The delivery of claim `o`, locked, if it is that claim's still. One look into the index for each, whatever the planner
 * believes: where it took no row to be running, a join compared each claim with each row of the table.
 */
export const OWN = `cross join lateral (
    select d.id, d.ctid as place, d.epoch, d.attempt, d.worker_id from signalbox.delivery d
    where d.id = o.id and d.state = 'running' and d.epoch = o.epoch and d.worker_id = o.worker_id
    for update
  ) own`;

/**
 * Records that the receivers of deliveries returned, where that does not commit with their own writes. $1 ids, in their
 * order, $2 the epoch and $3 the worker of all of them. Returns the ids recorded: one that is missing was taken away, or
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
 * Records what else came of deliveries. $1: [{id, epoch, worker_id, to, delay_ms, refund, error}] as JSON. Returns the ids
 * recorded: one that is missing was taken away, or completed, and its outcome is void.
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
  select own.id, own.epoch, own.attempt, o."to", o.delay_ms, o.refund, o.error from outcome o ${OWN}
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
  insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at)
  select h.id, h.epoch, h.attempt, h.error, statement_timestamp() from held h
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
  select own.id, o.delay_ms from claimed o ${OWN}
)
update signalbox.delivery d
set state = 'ready', epoch = d.epoch + 1, attempt = d.attempt - 1, worker_id = null,
  run_at = case when g.delay_ms > 0::float8 then statement_timestamp() + ${ms('g.delay_ms')} else d.run_at end
from given g where d.id = g.id
returning d.id::text as id`;

/** What a worker holds. $1 worker. Locks nothing. Reads the whole of delivery, as rescue does: only after a claim that failed. */
export const heldDeliveries = statement({ id: 'text', epoch: 'int' })`
select d.id::text as id, d.epoch from signalbox.delivery d where d.worker_id = $1::int and d.state = 'running'`;
