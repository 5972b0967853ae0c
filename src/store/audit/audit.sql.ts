// The SQL of the audit: the record of operators' acts. An entry is written before its act begins, in a transaction of its own, so that an act
// that is cut off has one too; it is completed after the act, and an entry that is not was cut off, or still goes on.
import { statement } from '../../drivers/statement.ts';
import { millis } from '../times.ts';

/** More than a year: a yearly review sees the whole of the last one. */
const FORGET_AFTER = `interval '400 days'`;

/** Writes an entry. $1 actor, $2 act, $3 about, as JSON, $4 errand or null. Returns its id. Locks: its own row. */
export const beginAudit = statement({ id: 'text' })`
insert into signalbox.audit_entry (at, actor, act, about, errand_id)
values (statement_timestamp(), $1::text, $2::text, $3::text::jsonb, $4::text::uuid)
returning id::text as id`;

/**
 * Completes an entry, and deletes the oldest of those whose time is over. $1 id, $2 result, as JSON, $3 how many it deletes at most. Returns the
 * id, if it was completed. Locks: the row, then the old ones, of which it skips those that another deletes. Repeatable: the first result stays.
 * Indexes: the primary key, audit_entry_at. Each act makes one entry and deletes more than one, so the table needs no other maintenance.
 */
export const endAudit = statement({ id: 'text' })`
with old as materialized (
  select a.id from signalbox.audit_entry a where a.at < statement_timestamp() - ${FORGET_AFTER}
  order by a.at
  limit $3::int
  for update skip locked
), forgotten as (
  delete from signalbox.audit_entry a using old where a.id = old.id
)
update signalbox.audit_entry a set result = $2::text::jsonb, finished_at = statement_timestamp()
where a.id = $1::text::bigint and a.finished_at is null
returning a.id::text as id`;

/** Entries, the latest first. $1 before this id or null, $2 how many. Locks nothing. Index: the primary key. */
export const listAudit = statement({
  id: 'text',
  at_ms: 'int',
  actor: 'text',
  act: 'text',
  about: 'text',
  result: 'text?',
  errand_id: 'text?',
  finished_at_ms: 'int?',
})`
select a.id::text as id, ${millis('a.at')} as at_ms, a.actor, a.act, a.about::text as about, a.result::text as result,
  a.errand_id::text as errand_id, ${millis('a.finished_at')} as finished_at_ms
from signalbox.audit_entry a
where a.id < coalesce($1::text::bigint, 9223372036854775807)
order by a.id desc
limit $2::int`;
