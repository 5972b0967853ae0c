// The SQL that reads what was counted. No statement here reads a delivery or an emission: pages are drawn from counts.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';
import { millis } from '../times.ts';

/** The tallies of a span: $1 from and $2 to, in milliseconds since 1970. */
const within = (t: string): string =>
  `${t}.seconds = any(array[60, 3600]) and ${t}.minute >= pg_catalog.to_timestamp($1::float8 / 1000::float8) and ${t}.minute < pg_catalog.to_timestamp($2::float8 / 1000::float8)`;

/** The beginning of the step of $3 seconds that a row is in. */
const step = (t: string): string => `(pg_catalog.floor(date_part('epoch', ${t}.minute) / $3::int::float8) * $3::int::float8)::int8`;

/**
 * What ended in a span, by step, receiver and outcome. $1 from, $2 to (ms since 1970), $3 the step in seconds, $4 a receiver's name or null, $5
 * rows at most, $6 whether receivers are told apart; if not, they are added up. Locks nothing. Index: tally_pkey, the rows of the span.
 */
export const readRuns = statement({
  at_s: 'int',
  receiver: 'text?',
  signal: 'text?',
  queue: 'text?',
  outcome: 'text',
  n: 'int',
  total_ms: 'int',
  lag_ms: 'int',
  buckets: 'text',
  lag_buckets: 'text',
})`
with ${SHOWN}, counted as materialized (
  select ${step('t')} as at_s, case when $6::text::boolean then t.receiver_id else 0 end as receiver_id, t.outcome, t.n, t.total_ms, t.lag_ms, t.buckets, t.lag_buckets from signalbox.tally t
  where ${within('t')} and ($4::text is null or t.receiver_id in (
    select r.id from signalbox.receiver r join shown on shown.root = ${rootId('r')} where shown.name = $4::text))
), added as materialized (
  select w.at_s, w.receiver_id, w.outcome, sum(w.n)::int8 as n, sum(w.total_ms)::int8 as total_ms, sum(w.lag_ms)::int8 as lag_ms
  from counted w group by w.at_s, w.receiver_id, w.outcome
), place as materialized (
  select w.at_s, w.receiver_id, w.outcome, u.i, sum(u.a)::int8 as a, sum(u.b)::int8 as b
  from counted w cross join lateral rows from (pg_catalog.unnest(w.buckets), pg_catalog.unnest(w.lag_buckets)) with ordinality as u(a, b, i)
  group by w.at_s, w.receiver_id, w.outcome, u.i
), bucket as materialized (
  select p.at_s, p.receiver_id, p.outcome, pg_catalog.jsonb_agg(p.a order by p.i)::text as buckets, pg_catalog.jsonb_agg(p.b order by p.i)::text as lag_buckets
  from place p group by p.at_s, p.receiver_id, p.outcome
)
select s.at_s, shown.name as receiver, r.signal, r.queue, s.outcome, s.n, s.total_ms, s.lag_ms, b.buckets, b.lag_buckets
from added s join bucket b on b.at_s = s.at_s and b.receiver_id = s.receiver_id and b.outcome = s.outcome
left join signalbox.receiver r on r.id = s.receiver_id left join shown on shown.root = ${rootId('r')}
order by s.at_s, r.signal, shown.name, s.outcome
limit $5::int`;

/**
 * What was emitted in a span, by step, signal and the receiver that emitted it. Parameters as {@link readRuns}, $4 rows at most.
 * Locks nothing. Index: emission_tally_pkey, the rows of the span.
 */
export const readEmits = statement({ at_s: 'int', signal: 'text', caused_by: 'text?', caused_by_signal: 'text?', n: 'int' })`
with ${SHOWN}, added as materialized (
  select ${step('t')} as at_s, t.signal, t.caused_by_receiver, sum(t.n)::int8 as n from signalbox.emission_tally t
  where ${within('t')} group by 1, t.signal, t.caused_by_receiver
)
select s.at_s, s.signal, shown.name as caused_by, r.signal as caused_by_signal, s.n
from added s left join signalbox.receiver r on r.id = s.caused_by_receiver left join shown on shown.root = ${rootId('r')}
order by s.at_s, s.signal, shown.name
limit $4::int`;

/** How much each worker has run in a span, by outcome: of the last hour, for older rows are of no worker. $1 from, $2 to (ms since 1970). Locks nothing. Index: tally_pkey. */
export const readWorkers = statement({ worker_id: 'int', outcome: 'text', n: 'int', total_ms: 'int' })`
select t.worker_id, t.outcome, sum(t.n)::int8 as n, sum(t.total_ms)::int8 as total_ms from signalbox.tally t
where ${within('t')} and t.worker_id <> 0
group by t.worker_id, t.outcome order by t.worker_id, t.outcome`;

/** The gauges of the receivers of the catalogue. No parameters. Locks nothing. One row for each receiver. */
export const readGauges = statement({
  receiver: 'text',
  signal: 'text',
  queue: 'text',
  due: 'int',
  running: 'int',
  later: 'int',
  dead: 'int',
  oldest_due_ms: 'int?',
  sampled_at_ms: 'int',
  age_ms: 'int',
})`
with ${SHOWN}
select shown.name as receiver, r.signal, r.queue, g.due, g.running, g.later, g.dead, ${millis('g.oldest_due_at')} as oldest_due_ms,
  ${millis('g.sampled_at')} as sampled_at_ms, ${millis('statement_timestamp()')} - ${millis('g.sampled_at')} as age_ms
from signalbox.gauge g join signalbox.receiver r on r.id = g.receiver_id join shown on shown.root = ${rootId('r')}
order by r.signal, shown.name`;
