// The SQL about identity sequences: whether one is behind its table, and how it is advanced. sequences.ts has the race.
import { statement } from '../../drivers/statement.ts';

/** Rows of `settled` that the check looks at: their ids are in no index, but the latest emissions have about the highest. */
const LATEST = 100;

/**
 * For each identity column, the highest id that its table is known to have, and the last value of its sequence: null if that has given
 * none or was set by hand, or if this role may not read it (`readable`). Inserts of a sequence at or below `highest` are refused.
 * The ids of deliveries are also in `settled` and in `delivery_error`, and come back from there: `highest` is a lower bound of them.
 * The race: an id is taken from the sequence before its row is committed, and the last value is read after the statement's snapshot
 * was taken. So the last value is never below an id that the snapshot shows, however many insert meanwhile.
 * Locks nothing. Repeatable. Index: the end of each primary key and of delivery_error_delivery, and 100 rows at the end of settled's.
 */
export const identities = statement({ table: 'text', highest: 'text?', last: 'text?', readable: 'bool' })`
with known as materialized (
  select 'delivery' as name, pg_catalog.pg_get_serial_sequence('signalbox.delivery', 'id')::regclass::oid as sequence, greatest(
    (select max(d.id) from signalbox.delivery d),
    (select max(e.delivery_id) from signalbox.delivery_error e),
    (select max(latest.id) from (
      select s.id from signalbox.settled s order by s.emission_id desc, s.receiver_id desc limit ${LATEST}
    ) latest)
  ) as highest
  union all
  select 'receiver', pg_catalog.pg_get_serial_sequence('signalbox.receiver', 'id')::regclass::oid, (select max(r.id) from signalbox.receiver r)
  union all
  select 'delivery_error', pg_catalog.pg_get_serial_sequence('signalbox.delivery_error', 'id')::regclass::oid, (select max(e.id) from signalbox.delivery_error e)
  union all
  select 'audit_entry', pg_catalog.pg_get_serial_sequence('signalbox.audit_entry', 'id')::regclass::oid, (select max(a.id) from signalbox.audit_entry a)
)
select k.name as "table", k.highest::text as highest,
  case when pg_catalog.has_sequence_privilege(k.sequence, 'select') then pg_catalog.pg_sequence_last_value(k.sequence::regclass)::text end as last,
  pg_catalog.has_sequence_privilege(k.sequence, 'select') as readable
from known k where k.sequence is not null`;

/**
 * The next value of each sequence. The last value alone does not tell it where somebody has set the sequence by hand. Needs the right
 * to read them. Locks nothing. Repeatable.
 */
export const nextValues = statement({ table: 'text', next: 'text' })`
select 'delivery' as "table", (s.last_value + s.is_called::int)::text as next from signalbox.delivery_id_seq s
union all select 'receiver', (s.last_value + s.is_called::int)::text from signalbox.receiver_id_seq s
union all select 'delivery_error', (s.last_value + s.is_called::int)::text from signalbox.delivery_error_id_seq s
union all select 'audit_entry', (s.last_value + s.is_called::int)::text from signalbox.audit_entry_id_seq s`;

/** The highest id of each identity column, exactly. Reads the whole of `settled`, for the repair alone. Locks nothing. Repeatable. */
export const highestIds = statement({ table: 'text', highest: 'text' })`
select 'delivery' as "table", coalesce(greatest(
  (select max(d.id) from signalbox.delivery d), (select max(s.id) from signalbox.settled s), (select max(e.delivery_id) from signalbox.delivery_error e)
), 0::int8)::text as highest
union all select 'receiver', coalesce((select max(r.id) from signalbox.receiver r), 0)::text
union all select 'delivery_error', coalesce((select max(e.id) from signalbox.delivery_error e), 0::int8)::text
union all select 'audit_entry', coalesce((select max(a.id) from signalbox.audit_entry a), 0::int8)::text`;

/** How long a lock may be waited for, $1 in ms. Until the transaction ends. */
export const boundLockWaits = statement({ bound: 'text' })`select set_config('lock_timeout', $1::text, true) as bound`;

// Locks: the table, against each insert; readers pass. Every other statement on it waits meanwhile.
export const lockDelivery = statement({})`lock table signalbox.delivery in share row exclusive mode`;
export const lockReceiver = statement({})`lock table signalbox.receiver in share row exclusive mode`;
export const lockDeliveryError = statement({})`lock table signalbox.delivery_error in share row exclusive mode`;
export const lockAuditEntry = statement({})`lock table signalbox.audit_entry in share row exclusive mode`;

/**
 * Each advances a sequence to $2 if it would give $1 or less, and never backwards. $1 the highest id, $2 the new last value. Returns
 * the value that it would have given. In the transaction that has the table's lock. Repeatable: then it returns no row.
 */
const advance = (table: string) => statement({ from: 'text', to: 'text' })`
with was as materialized (
  select s.last_value + s.is_called::int as next from signalbox.${table}_id_seq s
)
select was.next::text as "from", pg_catalog.setval('signalbox.${table}_id_seq'::regclass, greatest(was.next, $2::text::int8), true)::text as "to"
from was where was.next <= $1::text::int8`;

export const advanceDelivery = advance('delivery');
export const advanceReceiver = advance('receiver');
export const advanceDeliveryError = advance('delivery_error');
export const advanceAuditEntry = advance('audit_entry');
