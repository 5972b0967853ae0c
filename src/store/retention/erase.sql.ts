// The SQL that blanks the emissions of one person: payload, headers and the texts of errors, of those that are finished.
//
// The race: a retry brings a delivery to life while its payload is being blanked, and its receiver would get nothing. So it is done in the
// two steps of a prune (prune.sql.ts): all settled rows of an emission are locked, or it is left; then, in a statement of its own that sees
// what was committed before these locks, it is blanked if still no delivery of it lives. A retry that comes later ends dead, and says why.
import { statement } from '../../drivers/statement.ts';

/** No row of a live delivery. An aggregate: looked up by the index, for each emission. */
const THAT_IS_FINISHED = (emission: string): string => `
  cross join lateral (select count(*)::int as count from signalbox.delivery d where d.emission_id = ${emission}.id) live
  where live.count = 0`;

/**
 * Locks the finished emissions among the next $2 after $1 that have the text $4 at the path $3 of their payload, with all their settled
 * rows. Returns their ids, and those of the emissions that have it and are not finished, or are being acted on, with commas between.
 * Locks: emissions by id, then the settled rows of each, FOR UPDATE; others' locks are skipped. Repeatable: what is blank does not match.
 * Index: emission_pkey, settled_emission_receiver, delivery_emission_receiver. It reads every payload on its way.
 */
export const holdErasable = statement({ ids: 'text?', waiting: 'text?', walked: 'int', last: 'text?' })`
with walked as materialized (
  select e.id, (e.payload #>> $3::text::text[]) = $4::text as matches from signalbox.emission e
  where e.id > coalesce($1::text::uuid, '00000000-0000-0000-0000-000000000000')
  order by e.id
  limit $2::int
), matching as materialized (
  select id from walked where matches
), finished as materialized (
  select m.id, settled.count from matching m
  cross join lateral (select count(*)::int as count from signalbox.settled s where s.emission_id = m.id) settled ${THAT_IS_FINISHED('m')}
  order by m.id
), held as materialized (
  select f.id from finished f
  cross join lateral (select e.id from signalbox.emission e where e.id = f.id for update skip locked) e
  cross join lateral (
    select count(*)::int as count from (select from signalbox.settled s where s.emission_id = e.id for update skip locked) s
  ) locked
  where locked.count = f.count
)
select (select string_agg(id::text, ',') from held) as ids,
  (select string_agg(m.id::text, ',') from matching m where m.id not in (select id from held)) as waiting,
  (select count(*)::int from walked) as walked, (select w.id::text from walked w order by w.id desc limit 1) as last`;

/**
 * Blanks emissions that {@link holdErasable} holds, in its transaction, unless a delivery was added to one before it was locked. $1 their
 * ids, $2 the payload of what was erased, as JSON. Returns the ids that it blanked, with commas between, and how many errors. Locks: the rows that it changes. Repeatable.
 * Index: emission_pkey, settled_emission_receiver, delivery_error_delivery.
 */
export const eraseHeld = statement({ ids: 'text?', errors: 'int' })`
with going as materialized (
  select h.id from pg_catalog.unnest($1::text::uuid[]) as h(id) ${THAT_IS_FINISHED('h')}
), blanked as (
  update signalbox.emission e set payload = $2::text::jsonb, headers = null
  where e.id = any(array(select id from going))
  returning e.id
), deliveries as materialized (
  select pg_catalog.unnest(s.ids) as id from going g
  cross join lateral (select pg_catalog.array_agg(s.id) as ids from signalbox.settled s where s.emission_id = g.id) s
), errors as (
  update signalbox.delivery_error x set error = '{"name": "Erased", "message": "The text of this error was erased."}'
  where x.delivery_id = any(array(select id from deliveries))
  returning 1
)
select (select string_agg(id::text, ',') from blanked) as ids, (select count(*)::int from errors) as errors`;
