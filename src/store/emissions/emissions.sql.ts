// The SQL of an emit: how emissions and their deliveries are stored.
import { statement } from '../../drivers/statement.ts';
import { isLive, rootId } from '../catalogue/catalogue.sql.ts';
import { ms } from '../times.ts';
import { notifyIfAsleep } from '../workers/sleeping.sql.ts';

/** The unit of an emission's head start. */
const HEAD_START = `interval '1 hour'`;

/**
 * When the deliveries are due, and the receivers that get one: the catalogue's, and this process's own. $1 signal, $5 to $8 as of
 * {@link appending}.
 */
export const DUE_AND_TARGETS = `due as materialized (
  select case when $5::text is not null then $5::text::timestamptz
    else statement_timestamp() + ${ms('$6')} - $7::float8 * ${HEAD_START} end as run_at
), own as materialized (
  select own.id, coalesce(r.root_id, own.id) as root from pg_catalog.unnest($8::text::int[]) as own(id)
  left join signalbox.receiver r on r.id = own.id
), target as materialized (
  select ${rootId('r')} as id from signalbox.receiver r where r.signal = $1::text and ${isLive('r')}
  union
  select own.root from own
)`;

interface Cause {
  readonly columns: string;
  readonly values: string;
}

/**
 * Stores emissions of one signal and a delivery for each of its receivers, all or none: one statement, in the caller's
 * transaction. $1 signal, $2 version, $3 [{id, payload}] as JSON, $4 headers as JSON or null, $5 run at (ISO) or null,
 * $6 delay in ms, $7 head start in hours, $8 ids of this process's own receivers, $9 channel to wake workers, $10 whether to notify even if
 * none sleeps.
 * Returns one row: the number of deliveries of each emission, the id of the (outermost) transaction, and whether own
 * receivers have been joined to others that this process does not know of.
 * Locks: none but the new rows. Index: receiver_signal_name. The own receivers are named besides being in the
 * catalogue, for the caller's snapshot (repeatable read) may be older than their announcement. All names of a receiver have
 * one root, in each snapshot, so there is one delivery for it (docs/design/catalogue.md).
 * A payload that is null as a whole comes out of the recordset as SQL's null, and is stored as JSON's.
 * A head start is written into run_at, so that the claim keeps its one order (docs/design/head-start.md).
 */
const appending = ({ columns, values }: Cause) => statement({ deliveries: 'int', xid: 'text', moved: 'bool', notified: 'int' })`
with item as materialized (
  select i.id, i.payload from jsonb_to_recordset($3::text::jsonb) as i(id uuid, payload jsonb)
), ${DUE_AND_TARGETS}, stored as (
  insert into signalbox.emission (id, signal, version, payload, headers, emitted_at${columns})
  select i.id, $1::text, $2::int, coalesce(i.payload, 'null'), $4::text::jsonb, statement_timestamp()${values} from item i
), delivered as (
  insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
  select i.id, t.id, $2::int, due.run_at from item i cross join target t cross join due
), notified as materialized (
  select ${notifyIfAsleep('$9', '$10')} from due
  where due.run_at <= statement_timestamp() and exists (select from target)
)
select (select count(*)::int from target) as deliveries, pg_current_xact_id()::text as xid,
  exists (select from own where own.root <> own.id) as moved, (select count(*)::int from notified) as notified`;

/** Stores emissions that no receiver emits: all but their columns of the cause, which stay null. See {@link appending}. */
export const append = appending({ columns: '', values: '' });

/** Stores emissions that a receiver emits: as {@link append}, $11 the emission that it has, or null if it has several, $12 its id in the catalogue. */
export const appendCaused = appending({ columns: ', caused_by, caused_by_receiver', values: ', $11::text::uuid, $12::int' });
