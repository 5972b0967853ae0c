// The SQL by which what was counted is written, folded and forgotten.
import { statement } from '../../drivers/statement.ts';
import { micros, ms } from '../times.ts';

/** A time of whole seconds since 1970. */
const at = (seconds: string): string => `pg_catalog.to_timestamp(${seconds}::float8)`;

/** The beginning of the span of $1 seconds that a minute is in: whatever the time zone of the session. */
const spanOf = (minute: string): string => at(`(pg_catalog.floor(date_part('epoch', ${minute}) / $1::int::float8) * $1::int::float8)`);

/**
 * Writes the rows of one process: all that it has counted of each minute so far, not what came since the last time. So a repetition
 * changes nothing, and an answer that is lost doubles nothing. $1 [{minute, receiver, worker, outcome, n, total, lag, buckets, lags}] as
 * JSON, minutes in seconds since 1970. Returns the database's time.
 * Locks: the rows, in the order of the key; no other process writes them, and a fold passes over what is locked. Index: tally_pkey.
 */
export const writeTallies = statement({ now_us: 'int' })`
with written as (
  insert into signalbox.tally as t (seconds, minute, receiver_id, worker_id, outcome, n, total_ms, lag_ms, buckets, lag_buckets)
  select 60, ${at('i.minute')}, i.receiver, i.worker, i.outcome, i.n, i.total, i.lag, i.buckets, i.lags
  from jsonb_to_recordset($1::text::jsonb)
    as i(minute int8, receiver int, worker int, outcome text, n int8, total int8, lag int8, buckets int[], lags int[])
  order by i.minute, i.receiver, i.worker, i.outcome
  on conflict (seconds, minute, receiver_id, worker_id, outcome) do update
  set n = excluded.n, total_ms = excluded.total_ms, lag_ms = excluded.lag_ms, buckets = excluded.buckets, lag_buckets = excluded.lag_buckets
  where t.n < excluded.n
)
select ${micros('statement_timestamp()')} as now_us`;

/**
 * The same of emissions. $1 [{minute, signal, cause, n}] as JSON, $2 the process. Locks and index as {@link writeTallies}.
 */
export const writeEmissionTallies = statement({ now_us: 'int' })`
with written as (
  insert into signalbox.emission_tally as t (seconds, minute, signal, caused_by_receiver, process_id, n)
  select 60, ${at('i.minute')}, i.signal, i.cause, $2::text::uuid, i.n
  from jsonb_to_recordset($1::text::jsonb) as i(minute int8, signal text, cause int, n int8)
  order by i.minute, i.signal, i.cause
  on conflict (seconds, minute, signal, caused_by_receiver, process_id) do update set n = excluded.n
  where t.n < excluded.n
)
select ${micros('statement_timestamp()')} as now_us`;

/** The sum of two arrays, place by place. */
const sumOf = (a: string, b: string): string =>
  `(select pg_catalog.array_agg(coalesce(u.a, 0) + coalesce(u.b, 0) order by u.i)
    from rows from (pg_catalog.unnest(${a}), pg_catalog.unnest(${b})) with ordinality as u(a, b, i))`;

/**
 * Folds rows of minutes: those of all workers into one of worker 0, and those of all minutes of a span into one. $1 the span in seconds, $2
 * the age of what is folded in ms: whole spans before that, $3 rows at most. Returns the number of rows that it took.
 * One statement: what is taken is there again as a part of a sum, or nothing has happened. Repeatable: what is folded is not taken again.
 * Locks: the rows taken, skipping those that are locked, so that two folds share the work; then those that they are added to, in the order
 * of the key. Index: tally_pkey.
 */
export const foldTallies = statement({ taken: 'int' })`
with old as materialized (
  select t.seconds, t.minute, t.receiver_id, t.worker_id, t.outcome from signalbox.tally t
  where t.seconds = 60 and t.minute < ${spanOf(`(statement_timestamp() - ${ms('$2')})`)} and ($1::int <> 60 or t.worker_id <> 0)
  order by t.minute, t.receiver_id, t.worker_id, t.outcome
  limit $3::int
  for update skip locked
), gone as (
  delete from signalbox.tally t using old o
  where t.seconds = o.seconds and t.minute = o.minute and t.receiver_id = o.receiver_id and t.worker_id = o.worker_id and t.outcome = o.outcome
  returning ${spanOf('t.minute')} as minute, t.receiver_id, t.outcome, t.n, t.total_ms, t.lag_ms, t.buckets, t.lag_buckets
), added as materialized (
  select g.minute, g.receiver_id, g.outcome, sum(g.n)::int8 as n, sum(g.total_ms)::int8 as total_ms, sum(g.lag_ms)::int8 as lag_ms
  from gone g group by g.minute, g.receiver_id, g.outcome
), place as materialized (
  select g.minute, g.receiver_id, g.outcome, u.i, sum(u.a)::int as a, sum(u.b)::int as b
  from gone g cross join lateral rows from (pg_catalog.unnest(g.buckets), pg_catalog.unnest(g.lag_buckets)) with ordinality as u(a, b, i)
  group by g.minute, g.receiver_id, g.outcome, u.i
), bucket as materialized (
  select p.minute, p.receiver_id, p.outcome, pg_catalog.array_agg(p.a order by p.i) as buckets, pg_catalog.array_agg(p.b order by p.i) as lag_buckets
  from place p group by p.minute, p.receiver_id, p.outcome
), folded as (
  insert into signalbox.tally as t (seconds, minute, receiver_id, worker_id, outcome, n, total_ms, lag_ms, buckets, lag_buckets)
  select $1::int, s.minute, s.receiver_id, 0, s.outcome, s.n, s.total_ms, s.lag_ms, b.buckets, b.lag_buckets
  from added s join bucket b on b.minute = s.minute and b.receiver_id = s.receiver_id and b.outcome = s.outcome
  order by s.minute, s.receiver_id, s.outcome
  on conflict (seconds, minute, receiver_id, worker_id, outcome) do update
  set n = t.n + excluded.n, total_ms = t.total_ms + excluded.total_ms, lag_ms = t.lag_ms + excluded.lag_ms,
    buckets = ${sumOf('t.buckets', 'excluded.buckets')}, lag_buckets = ${sumOf('t.lag_buckets', 'excluded.lag_buckets')}
)
select count(*)::int as taken from old`;

/** The process of rows in which those of all are folded. */
const ALL_PROCESSES = `'00000000-0000-0000-0000-000000000000'::uuid`;

/** The same of emissions. Parameters, result, locks and repetition as {@link foldTallies}. Index: emission_tally_pkey. */
export const foldEmissionTallies = statement({ taken: 'int' })`
with old as materialized (
  select t.seconds, t.minute, t.signal, t.caused_by_receiver, t.process_id from signalbox.emission_tally t
  where t.seconds = 60 and t.minute < ${spanOf(`(statement_timestamp() - ${ms('$2')})`)} and ($1::int <> 60 or t.process_id <> ${ALL_PROCESSES})
  order by t.minute, t.signal, t.caused_by_receiver, t.process_id
  limit $3::int
  for update skip locked
), gone as (
  delete from signalbox.emission_tally t using old o
  where t.seconds = o.seconds and t.minute = o.minute and t.signal = o.signal and t.caused_by_receiver = o.caused_by_receiver
    and t.process_id = o.process_id
  returning ${spanOf('t.minute')} as minute, t.signal, t.caused_by_receiver, t.n
), folded as (
  insert into signalbox.emission_tally as t (seconds, minute, signal, caused_by_receiver, process_id, n)
  select $1::int, g.minute, g.signal, g.caused_by_receiver, ${ALL_PROCESSES}, sum(g.n)::int8 from gone g
  group by g.minute, g.signal, g.caused_by_receiver
  order by g.minute, g.signal, g.caused_by_receiver
  on conflict (seconds, minute, signal, caused_by_receiver, process_id) do update set n = t.n + excluded.n
)
select count(*)::int as taken from old`;

/**
 * Forgets what was counted before. $1 the age in ms, $2 rows at most of each table. Returns how many rows went. Repeatable. Locks: the rows,
 * skipping those that are locked. Index: tally_pkey, emission_tally_pkey, from their heads.
 */
export const forgetTallies = statement({ gone: 'int' })`
with old as materialized (
  select t.seconds, t.minute, t.receiver_id, t.worker_id, t.outcome from signalbox.tally t
  where t.seconds = 3600 and t.minute < statement_timestamp() - ${ms('$1')}
  order by t.minute limit $2::int for update skip locked
), old_emission as materialized (
  select t.seconds, t.minute, t.signal, t.caused_by_receiver, t.process_id from signalbox.emission_tally t
  where t.seconds = 3600 and t.minute < statement_timestamp() - ${ms('$1')}
  order by t.minute limit $2::int for update skip locked
), gone as (
  delete from signalbox.tally t using old o
  where t.seconds = o.seconds and t.minute = o.minute and t.receiver_id = o.receiver_id and t.worker_id = o.worker_id and t.outcome = o.outcome
), gone_emission as (
  delete from signalbox.emission_tally t using old_emission o
  where t.seconds = o.seconds and t.minute = o.minute and t.signal = o.signal and t.caused_by_receiver = o.caused_by_receiver
    and t.process_id = o.process_id
)
select ((select count(*) from old) + (select count(*) from old_emission))::int as gone`;
