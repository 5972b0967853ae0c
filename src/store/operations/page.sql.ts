// Pages of deliveries. Each statement walks entries of an index from a position on, at most so many, and returns those that match. It
// also returns the last entry of a walk that has not come to its end, found or not: the position from which the next one goes on.
//
// The race: rows move while pages are read. A delivery that is settled goes from one table to the other in one statement, so each
// snapshot has it once; and it keeps its emission and receiver, so that it stays on one side of a position. By the time of its end a
// delivery moves only to the front: one that was seen is not seen again further back.
//
// The plan: matching is left to a filter above the walk, for an unlucky guess of the planner about it must not turn the walk into a
// scan. `row_number` and the limit below keep the two apart, and both stream: a page that is full reads no further.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';
import { micros, millis, ms } from '../times.ts';
import { FEW_ERRORS, FIELD_KINDS, fieldsOf, JOINS, LIVE, SETTLED, TIME } from './delivery.sql.ts';
import { matches } from './filter.sql.ts';

const EPOCH = `timestamptz '1970-01-01 00:00:00+00'`;

/** A time of a parameter in microseconds, exact: they are below 2^53. */
const instant = (parameter: string): string => `(${EPOCH} + ${parameter}::text::float8 * interval '1 microsecond')`;

/**
 * Both tables by emission and receiver, the latest first. $10 whether live ones, $11 whether settled ones, $12 the first emission,
 * $13 and $14 before this emission and receiver, $15 entries at most. The conditions stand above the union, from where they reach both
 * tables: a union of parts that have conditions of their own is not merged but sorted, whole. They are ranges, so that they are conditions
 * of the index in each kind of plan.
 */
const BY_EMISSION = `
      select u.* from (
        select ${LIVE}, true as is_live from signalbox.delivery l union all select ${SETTLED}, false from signalbox.settled s
      ) u
      where ((u.is_live and $10::text::boolean) or (not u.is_live and $11::text::boolean))
        and u.emission_id >= $12::text::uuid and (u.emission_id, u.receiver_id) < ($13::text::uuid, $14::int)
      order by u.emission_id desc, u.receiver_id desc limit $15::int`;

/** Between the times of the filter: conditions of the index, besides those of the filter. */
const within = (time: string): string =>
  `${time} >= coalesce(${EPOCH} + ${ms('$4::text')}, timestamptz '-infinity') and ${time} < coalesce(${EPOCH} + ${ms('$5::text')}, timestamptz 'infinity')`;

/** Dead and cancelled ones by their end, the latest first. $10 to $12 before this end, emission and receiver, $13 entries at most. */
const BY_END = `
      select ${SETTLED} from signalbox.settled s
      where s.state <> 'completed' and ${within('s.finished_at')}
        and (s.finished_at, s.emission_id, s.receiver_id) < (coalesce(${instant('$10')}, timestamptz 'infinity'), $11::text::uuid, $12::int)
      order by s.finished_at desc, s.emission_id desc, s.receiver_id desc limit $13::int`;

/** Live ones of the receivers in $2 by the time at which they are due. $10 and $11 after this time and id, $12 entries at most. */
const BY_DUE = `
      select d.* from pg_catalog.unnest($2::text::int[]) as own(id) cross join lateral (
        select ${LIVE} from signalbox.delivery l
        where l.receiver_id = own.id and ${within('l.run_at')}
          and (l.run_at, l.id) > (coalesce(${instant('$10')}, timestamptz '-infinity'), $11::text::bigint)
        order by l.run_at, l.id limit $12::int
      ) d
      order by d.run_at, d.id limit $12::int`;

/** The entries that match, and the last one of a walk that is cut. @param window the parameter with the number of entries; the next one has that of rows */
const walk = (entries: string, window: number): string => `
  select w.* from (
    select d.*, coalesce(${matches(1, TIME)}, false) as found from (
      select d.*, row_number() over () as n from (${entries}
      ) d
    ) d
  ) w
  where w.found or w.n = $${window}::int8 limit $${window + 1}::int`;

const page = (entries: string, window: number): string => `
with ${SHOWN}, d as materialized (${walk(entries, window)}
)
select ${fieldsOf(FEW_ERRORS)}, d.receiver_id, ${micros(TIME)}::text as at_us, d.found, d.n = $${window}::int8 as is_end
from d ${JOINS}
order by d.n`;

const count = (entries: string, window: number): string => `
select count(*) filter (where d.found)::int as found, max(d.emission_id::text) filter (where d.n = $${window}::int8) as emission_id,
  max(d.receiver_id) filter (where d.n = $${window}::int8) as receiver_id, max(d.id::text) filter (where d.n = $${window}::int8) as id,
  max(${micros(TIME)}) filter (where d.n = $${window}::int8)::text as at_us
from (${walk(entries, window)}
) d`;

const PAGE = { ...FIELD_KINDS, receiver_id: 'int', at_us: 'text', found: 'bool', is_end: 'bool' } as const;
const COUNT = { found: 'int', emission_id: 'text?', receiver_id: 'int?', id: 'text?', at_us: 'text?' } as const;

/**
 * A page by emission. $1 to $9 the filter, $10 to $15 the entries, $16 rows at most. Locks nothing. Index: delivery_emission_receiver
 * and settled_emission_receiver, merged; emission_pkey and delivery_error_delivery for each row that is returned.
 */
export const pageByEmission = statement(PAGE)`${page(BY_EMISSION, 15)}`;

/** A page by end. $1 to $9 the filter, $10 to $13 the entries, $14 rows at most. Locks nothing. Index: settled_unfinished. */
export const pageByEnd = statement(PAGE)`${page(BY_END, 13)}`;

/** A page by the time at which they are due. $1 to $9 the filter, $10 to $12 the entries, $13 rows at most. Locks nothing. Index: delivery_claim. */
export const pageByDue = statement(PAGE)`${page(BY_DUE, 12)}`;

/** How many match, in the order of {@link pageByEmission}, with its parameters. */
export const countByEmission = statement(COUNT)`${count(BY_EMISSION, 15)}`;

/** How many match, in the order of {@link pageByEnd}, with its parameters. */
export const countByEnd = statement(COUNT)`${count(BY_END, 13)}`;

/** How many match, in the order of {@link pageByDue}, with its parameters. */
export const countByDue = statement(COUNT)`${count(BY_DUE, 12)}`;

/**
 * The latest dead ones that match, each with its latest error: for groups. Parameters as of {@link pageByEnd}, and $15 how many
 * characters of each message. Locks nothing. Index: settled_unfinished, delivery_error_delivery.
 */
export const latestDead = statement({
  id: 'text',
  emission_id: 'text',
  receiver_id: 'int',
  receiver: 'text',
  name: 'text?',
  message: 'text?',
  finished_at_ms: 'int',
  at_us: 'text',
  found: 'bool',
  is_end: 'bool',
})`
with ${SHOWN}, d as materialized (${walk(BY_END, 13)}
)
select d.id::text as id, d.emission_id::text as emission_id, d.receiver_id, coalesce(shown.name, '#' || d.receiver_id::text) as receiver,
  x.error ->> 'name'::text as name, left(x.error ->> 'message'::text, $15::int) as message, ${millis('d.finished_at')} as finished_at_ms,
  ${micros(TIME)}::text as at_us, d.found, d.n = $13::int8 as is_end
from d
left join lateral (select y.error from signalbox.delivery_error y where y.delivery_id = d.id order by y.at desc, y.id desc limit 1) x on true
left join signalbox.receiver r on r.id = d.receiver_id
left join shown on shown.root = ${rootId('r')}
order by d.n`;
