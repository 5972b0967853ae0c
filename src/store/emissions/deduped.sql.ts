// The SQL of dedupe keys: an emit that stores only where no emit before it has taken its key, and the end of old keys.
//
// The race: two senders emit under one key at the same time, and neither sees the other's row. So the key is taken by the row's primary
// key, in the statement that stores: the second sender waits for the transaction of the first, at its insert. If that commits, the
// second's row is refused by the end of the window, which it reads in the row that it has locked; its emission is not stored, and a second
// statement, whose snapshot is younger than the lock, reads the first's receipt. If the first rolls back, the second takes the key and
// stores. Under repeatable read the row that was committed meanwhile is invisible, and the server refuses with 40001, never with silence.
// A key that is committed already is seen before the insert, and costs neither a lock nor a write.
//
// Several keys of one emit are taken in one order, so that two emits of many payloads do not meet in a deadlock.
import { statement } from '../../drivers/statement.ts';
import { ms } from '../times.ts';
import { notifyIfAsleep } from '../workers/sleeping.sql.ts';
import { DUE_AND_TARGETS } from './emissions.sql.ts';

/**
 * Stores those emissions whose keys no other one has within its window: as append (emissions.sql.ts), with $3 [{n, id, key, payload}] as
 * JSON, no key twice, n their order; $11 and $12 the cause, each null without one; $13 the window in ms.
 * Returns one row, as append does, with `stored`: the ids that were stored, with commas between, and `known`: {key: {id, deliveries}} as
 * JSON, of the keys that were taken before this statement. A key that is in neither was taken while this statement waited.
 * The id of the transaction comes only with a stored emission: that alone is a witness of its COMMIT.
 * Locks: the rows of the keys, in the order of n, until the end of the caller's transaction, those that were taken while it waited, too;
 * waits for each that is uncommitted. Indexes: dedupe_signal_key, receiver_signal_name.
 */
export const appendDeduped = statement({
  deliveries: 'int',
  xid: 'text?',
  moved: 'bool',
  stored: 'text?',
  known: 'text?',
  notified: 'int',
})`
with item as materialized (
  select i.n, i.id, i.key, i.payload from jsonb_to_recordset($3::text::jsonb) as i(n int, id uuid, key text, payload jsonb)
), known as materialized (
  select i.n, i.key, d.emission_id, d.deliveries from item i
  cross join lateral (
    select d.emission_id, d.deliveries from signalbox.dedupe d
    where d.signal = $1::text and d.key = i.key and d.until > statement_timestamp() limit 1
  ) d
), ${DUE_AND_TARGETS}, taken as (
  insert into signalbox.dedupe as d (signal, key, emission_id, deliveries, until)
  select $1::text, i.key, i.id, (select count(*)::int from target), statement_timestamp() + ${ms('$13')} from item i
  where i.n not in (select known.n from known)
  order by i.n
  on conflict (signal, key) do update
  set emission_id = excluded.emission_id, deliveries = excluded.deliveries, until = excluded.until
  where d.until <= statement_timestamp()
  returning d.emission_id as id
), fresh as materialized (
  select i.id, i.payload from item i where i.id in (select taken.id from taken)
), stored as (
  insert into signalbox.emission (id, signal, version, payload, headers, emitted_at, caused_by, caused_by_receiver)
  select f.id, $1::text, $2::int, coalesce(f.payload, 'null'), $4::text::jsonb, statement_timestamp(), $11::text::uuid, $12::int from fresh f
), delivered as (
  insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
  select f.id, t.id, $2::int, due.run_at from fresh f cross join target t cross join due
), notified as materialized (
  select ${notifyIfAsleep('$9', '$10')} from due
  where due.run_at <= statement_timestamp() and exists (select from target) and exists (select from fresh)
)
select (select count(*)::int from target) as deliveries,
  case when exists (select from fresh) then pg_current_xact_id()::text end as xid,
  exists (select from own where own.root <> own.id) as moved,
  (select string_agg(f.id::text, ',') from fresh f) as stored,
  (select pg_catalog.jsonb_object_agg(k.key, jsonb_build_object('id', k.emission_id, 'deliveries', k.deliveries))::text from known k) as known,
  (select count(*)::int from notified) as notified`;

/**
 * The receipts of keys that were taken while appendDeduped waited, in the same transaction, which has their rows locked. $1 signal, $2 keys.
 * Returns {key: {id, deliveries}} as JSON. Locks nothing more. Index: dedupe_signal_key.
 */
export const readDedupe = statement({ known: 'text?' })`
select pg_catalog.jsonb_object_agg(d.key, jsonb_build_object('id', d.emission_id, 'deliveries', d.deliveries))::text as known
from signalbox.dedupe d where d.signal = $1::text and d.key = any($2::text::text[])`;

/**
 * Forgets keys whose windows are over. $1 how many at most. Returns how many went.
 * Locks: their rows; those that others have locked are skipped, for an emit is taking them at this moment. A row that was taken anew after
 * this statement's snapshot is judged again once it is locked. Repeatable. Index: dedupe_until.
 */
export const forgetDedupe = statement({ forgotten: 'int' })`
with old as materialized (
  select d.ctid as place from signalbox.dedupe d where d.until <= statement_timestamp()
  order by d.until limit $1::int for update skip locked
), gone as (
  delete from signalbox.dedupe d where d.ctid = any(array(select place from old)) returning 1
)
select count(*)::int as forgotten from gone`;
