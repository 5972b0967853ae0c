// The SQL of retention: which emissions have had their time, and how they go, with all that is theirs.
//
// The races (docs/design/retention.md):
// - A retry or replay takes a settled row away and makes a live one. So a prune locks all settled rows of an emission, or leaves it.
// - A delivery that is added to a stored emission has no settled row. So the act that adds one locks the emission FOR KEY SHARE, the
//   prune locks it FOR UPDATE, and then looks again: the statement that locks has the snapshot of before its locks.
// - A COMMIT whose answer was lost is decided by rows of emission and settled, so none goes within an hour.
// No lock is waited for, so no prune meets anything in a deadlock: not another prune, and no act of an operator.
import { statement } from '../../drivers/statement.ts';
import { millis, ms } from '../times.ts';

/** Whatever the ages say: these rows may be the witnesses of a COMMIT. */
export const HOUR_AGO = `statement_timestamp() - interval '1 hour'`;

/** $2, $3, $4: the ages in ms of completed, cancelled and dead deliveries; null is never reached. */
export const IS_OLD = `s.finished_at < ${HOUR_AGO} and s.finished_at < statement_timestamp()
      - case s.state when 'completed' then ${ms('$2')} when 'cancelled' then ${ms('$3')} when 'dead' then ${ms('$4')} end`;

/**
 * Joins to emissions `e` what they have, and keeps those that may go: no delivery is live, each finished one is over its own age.
 * An aggregate in each lateral subquery: it is never joined in another way than by the index, for each emission
 * (docs/design/plans.md).
 */
const THAT_MAY_GO = `
  cross join lateral (
    select count(*)::int as count, count(*) filter (where ${IS_OLD})::int as old, pg_catalog.array_agg(s.ctid) as places
    from signalbox.settled s where s.emission_id = e.id
  ) finished
  cross join lateral (select count(*)::int as count from signalbox.delivery d where d.emission_id = e.id) live
  where live.count = 0 and finished.old = finished.count and e.emitted_at < ${HOUR_AGO}
    and (finished.count > 0 or e.emitted_at < statement_timestamp() - ${ms('$2')})`;

/** The least id that an emission of this time can have: a UUID of version 7 begins with its milliseconds. */
const firstIdAt = (time: string): string =>
  `(pg_catalog.lpad(pg_catalog.to_hex(${millis(time)}), 12, '0') || pg_catalog.repeat('0', 20))::uuid`;

/**
 * The next emissions of a walk by id. $1 the id before it, or null, $5 how many. It ends at the ids of the time of the least age:
 * later ones may still go by their rows, if their emitter's clock was ahead, and then have to wait for that time.
 */
const WALKED = `
walked as materialized (
  select e.id, e.emitted_at from signalbox.emission e
  where e.id > coalesce($1::text::uuid, '00000000-0000-0000-0000-000000000000')
    and e.id < ${firstIdAt(`(statement_timestamp() - greatest(least(${ms('$2')}, ${ms('$3')}, ${ms('$4')}), interval '1 hour'))`)}
  order by e.id
  limit $5::int
)`;

/** The end of the walk so far, and the number of emissions on it. */
const REACHED = `(select count(*)::int from walked) as walked, (select w.id::text from walked w order by w.id desc limit 1) as last`;

/**
 * The first of two looks: locks the emissions that may go among the next $5 after $1, with all their settled rows. Returns their ids,
 * with commas between. Locks: emissions by id, then the settled rows of each, FOR UPDATE, all of an emission or it is left out; others'
 * locks are skipped. Repeatable. Index: emission_pkey, settled_emission_receiver, delivery_emission_receiver.
 */
export const holdPrunable = statement({ ids: 'text?', walked: 'int', last: 'text?' })`
with ${WALKED}, old as materialized (
  select e.id, finished.count from walked e ${THAT_MAY_GO} order by e.id
), held as materialized (
  select o.id from old o
  cross join lateral (select e.id from signalbox.emission e where e.id = o.id for update skip locked) e
  cross join lateral (
    select count(*)::int as count from (select from signalbox.settled s where s.emission_id = e.id for update skip locked) s
  ) locked
  where locked.count = o.count
)
select (select string_agg(id::text, ',') from held) as ids, ${REACHED}`;

/**
 * The second look, in the transaction of the first: deletes what it held and may still go, judged anew by a snapshot that is younger than
 * the locks. $1 ids of emissions, $2 to $4 as there. Returns how many rows of each kind went.
 * By their places, which the locks keep: whatever the planner believes, it goes to each. Places are of one table, and a partition
 * has the same again, so the emission is asked for, too: by a subquery that is no condition of its own, and so no join.
 */
export const pruneHeld = statement({ emissions: 'int', deliveries: 'int', errors: 'int' })`
with going as materialized (
  select e.id, e.place, finished.places from pg_catalog.unnest($1::text::uuid[]) as held(id)
  cross join lateral (select e.id, e.ctid as place, e.emitted_at from signalbox.emission e where e.id = held.id limit 1) e
  ${THAT_MAY_GO}
), finished as (
  delete from signalbox.settled s
  where s.ctid = any(array(select pg_catalog.unnest(places) from going)) and (s.emission_id in (select id from going)) is true
  returning s.id
), noted as materialized (
  select x.places from finished f
  cross join lateral (select pg_catalog.array_agg(x.ctid) as places from signalbox.delivery_error x where x.delivery_id = f.id) x
  where x.places is not null
), errors as (
  delete from signalbox.delivery_error x
  where x.ctid = any(array(select pg_catalog.unnest(places) from noted)) and (x.delivery_id in (select id from finished)) is true
  returning 1
), gone as (
  delete from signalbox.emission e
  where e.ctid = any(array(select place from going)) and (e.id in (select id from going)) is true
  returning 1
)
select (select count(*)::int from gone) as emissions, (select count(*)::int from finished) as deliveries,
  (select count(*)::int from errors) as errors`;

/** As {@link holdPrunable}, but it only counts, and locks nothing. */
export const countPrunable = statement({ emissions: 'int', deliveries: 'int', errors: 'int', walked: 'int', last: 'text?' })`
with ${WALKED}, old as materialized (
  select e.id, finished.count from walked e ${THAT_MAY_GO}
), noted as materialized (
  select x.count from old o cross join lateral (
    select count(*)::int as count from signalbox.settled s join signalbox.delivery_error x on x.delivery_id = s.id where s.emission_id = o.id
  ) x
)
select (select count(*)::int from old) as emissions, (select coalesce(sum(count), 0)::int from old) as deliveries,
  (select coalesce(sum(count), 0)::int from noted) as errors, ${REACHED}`;

/**
 * Forgets workers that were lost a day ago and hold nothing. A worker that is lost can claim nothing more, so what it holds is visible.
 * Locks: workers by id, others' locks are skipped. Repeatable. Reads delivery whole, as rescue does, if there is such a worker.
 */
export const forgetLostWorkers = statement({ id: 'int' })`
with gone as materialized (
  select w.id from signalbox.worker w where w.lost_at < statement_timestamp() - interval '1 day'
  order by w.id for update skip locked
)
delete from signalbox.worker w using gone
where w.id = gone.id and not exists (select from signalbox.delivery d where d.worker_id = w.id and d.state = 'running')
returning w.id`;
