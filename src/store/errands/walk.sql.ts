// The walk of a batch: which rows it looks at, which of them it acts on, and how these are locked. Parts of the statements of batch.sql.ts, which
// tells the races.
//
// Parameters: $1 errand, $2 its cursor, $3 `at` of the cursor, $4 how many rows to look at, $5 how many to act on, $6 how many the pass has left, $7 the
// cursor of the next stage or null, $8 the cursor of another pass or null, $9 options, $10 channel, then those of the filter; $2, $3 and $7 to $9 are JSON.
import { matches } from '../operations/filter.sql.ts';
import { micros } from '../times.ts';

const FILTER_FROM = 11;

/** A time of the cursor, which is in microseconds since 1970. */
const AT_TIME = `(timestamptz '1970-01-01 00:00:00+00' + ($3::text::jsonb ->> 0)::float8 * interval '1 microsecond')`;
const AT_ROW = `($3::text::jsonb ->> 1)::uuid, ($3::text::jsonb ->> 2)::int`;

export const option = (name: string): string => `($9::text::jsonb ->> '${name}'::text)`;

export const MINE = `
mine as materialized (
  select e.id, e.finished_before, e.created_at from signalbox.errand e
  where e.id = $1::text::uuid and e.state = 'running' and e.cursor = $2::text::jsonb
  for no key update skip locked
)`;

const BEFORE = `(select mine.finished_before from mine)`;

/** The emission of row `d`, if it is there. */
export const emissionOf = (what: string): string => `(select ${what} from signalbox.emission e where e.id = d.emission_id)`;

/** Live deliveries, by emission and receiver, of emissions from before the errand. Index: delivery_emission_receiver. */
export const LIVE = (also = 'true'): string => `
  select 0::int8 as time_us, d.emission_id, d.receiver_id,
    ${matches(FILTER_FROM, 'd.run_at')} and ${also} and coalesce(${emissionOf('e.emitted_at')} <= ${BEFORE}, true) as fits
  from signalbox.delivery d
  where (d.emission_id, d.receiver_id) > (${AT_ROW}) and exists (select from mine)
  order by d.emission_id, d.receiver_id
  limit $4::int`;

/** Dead and cancelled ones, by the time at which they ended. Index: settled_unfinished. */
export const UNFINISHED = (also = 'true'): string => `
  select ${micros('d.finished_at')} as time_us, d.emission_id, d.receiver_id, ${matches(FILTER_FROM, 'd.finished_at')} and ${also} as fits
  from signalbox.settled d
  where d.state <> 'completed' and (d.finished_at, d.emission_id, d.receiver_id) > (${AT_TIME}, ${AT_ROW})
    and d.finished_at <= ${BEFORE} and exists (select from mine)
  order by d.finished_at, d.emission_id, d.receiver_id
  limit $4::int`;

/** All settled ones, by emission and receiver. Index: settled_emission_receiver. */
export const SETTLED = (also = 'true'): string => `
  select 0::int8 as time_us, d.emission_id, d.receiver_id,
    ${matches(FILTER_FROM, 'd.finished_at')} and ${also} and d.finished_at <= ${BEFORE} as fits
  from signalbox.settled d
  where (d.emission_id, d.receiver_id) > (${AT_ROW}) and exists (select from mine)
  order by d.emission_id, d.receiver_id
  limit $4::int`;

/**
 * The rows of a walk that the batch acts on: up to so many, and before the first one whose receiver has no room for another replayed
 * delivery. The room is counted from the live rows: a counter would have to be given back.
 */
export const picked = (walk: string): string => `
looked as materialized (
  select w.*, row_number() over (order by w.time_us, w.emission_id, w.receiver_id) as n from (${walk}) w
), fitting as materialized (
  select l.*, row_number() over (order by l.n) as k, row_number() over (partition by l.receiver_id order by l.n) as j from looked l where l.fits
), room as materialized (
  select f.receiver_id, ${option('most')}::int8 - (
    select count(*) from (
      select from signalbox.delivery d where d.receiver_id = f.receiver_id and d.generation > 0 limit ${option('most')}::int
    ) live
  ) as free
  from (select distinct fitting.receiver_id from fitting where fitting.k <= $5::int) f
  where ${option('most')} is not null
), stop as materialized (
  select min(f.n) as n from fitting f join room on room.receiver_id = f.receiver_id where f.k <= $5::int and f.j > room.free
), cut as materialized (
  select least(
    coalesce((select f.n from fitting f where f.k = $5::int), (select max(l.n) from looked l), 0),
    coalesce((select stop.n - 1 from stop), 9223372036854775807)
  ) as n
), picked as materialized (
  select f.emission_id, f.receiver_id from fitting f where f.n <= (select cut.n from cut)
  order by f.emission_id, f.receiver_id
)`;

/**
 * Locks the picked rows: one probe of the index for each, in their order, whatever the planner believes. A row that was changed between the snapshot and the
 * lock has another place, which the snapshot does not see, and so it is not acted on: another act has changed it, or its receiver.
 */
const heldOf = (table: 'delivery' | 'settled', condition: string, skip: string): string => `
held as materialized (
  select own.place, own.id, own.emission_id, own.receiver_id from picked p
  cross join lateral (
    select d.ctid as place, d.id, d.emission_id, d.receiver_id from signalbox.${table} d
    where d.emission_id = p.emission_id and d.receiver_id = p.receiver_id${condition}
    for update${skip}
  ) own
)`;

/** Waits for another act that has them, for that may be undone. */
export const HELD_SETTLED = heldOf('settled', '', '');

/** Skips those that a receiver's transaction holds, which may take minutes. */
export const HELD_LIVE = heldOf('delivery', '', ' skip locked');

/** The same, and none that a worker runs. */
export const HELD_READY = heldOf('delivery', " and d.state = 'ready'", ' skip locked');

/** The locked rows, by their place, and by their keys, for two partitions may have the same place. */
export const isHeld = (from: string): string => `d.ctid = any(array(select h.place from ${from} h))
    and (d.emission_id, d.receiver_id) in (select h.emission_id, h.receiver_id from ${from} h)`;
