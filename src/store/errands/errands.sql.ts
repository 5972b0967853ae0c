// The SQL of errands as a whole: begun, listed, paused, stopped. Their batches are in batch.sql.ts.
import { statement } from '../../drivers/statement.ts';
import { millis } from '../times.ts';

/** The filter of an errand that ends: without the payload's value, which nothing needs any more. */
export const scrubbed = (filter: string): string =>
  `case when ${filter} ? 'payload'::text then pg_catalog.jsonb_set(${filter}, '{payload}'::text[], (${filter} -> 'payload'::text) - 'value'::text) else ${filter} end`;

const ERRAND = {
  id: 'text',
  act: 'text',
  filter: 'text',
  options: 'text',
  cursor: 'text?',
  state: 'text',
  done: 'int',
  skipped: 'int',
  actor: 'text',
  created_at_ms: 'int',
  updated_at_ms: 'int',
  finished_at_ms: 'int?',
} as const;

const FIELDS = `e.id::text as id, e.act, e.filter::text as filter, e.options::text as options, e.cursor::text as cursor, e.state, e.done, e.skipped, e.actor,
  ${millis('e.created_at')} as created_at_ms, ${millis('e.updated_at')} as updated_at_ms, ${millis('e.finished_at')} as finished_at_ms`;

/**
 * Begins an errand. $1 id, $2 act, $3 filter, $4 options, $5 cursor, $6 fingerprint, $7 actor; $3 to $5 as JSON. Returns nothing if an unfinished
 * one has the same fingerprint. Its time is the end of what it is about: what finishes later is not touched.
 * Locks: its own row; waits for a transaction that begins the same. Repeatable: a second call finds the first. Index: errand_fingerprint.
 */
export const beginErrand = statement({ id: 'text' })`
insert into signalbox.errand (id, act, filter, options, finished_before, cursor, fingerprint, actor, created_at, updated_at)
values ($1::text::uuid, $2::text, $3::text::jsonb, $4::text::jsonb, statement_timestamp(), $5::text::jsonb, $6::text, $7::text,
  statement_timestamp(), statement_timestamp())
on conflict (fingerprint) do nothing
returning id::text as id`;

/** The id of the unfinished errand that has a fingerprint. $1 fingerprint. Locks nothing. Index: errand_fingerprint. */
export const sameErrand = statement({ id: 'text' })`
select e.id::text as id from signalbox.errand e where e.fingerprint = $1::text`;

/** One errand. $1 id. Locks nothing. Index: the primary key. */
export const getErrand = statement(ERRAND)`
select ${FIELDS} from signalbox.errand e where e.id = $1::text::uuid`;

/** Unfinished errands, the oldest first, and how they go on. No parameters. Locks nothing. Index: errand_unfinished. */
export const unfinishedErrands = statement(ERRAND)`
select ${FIELDS} from signalbox.errand e where e.finished_at is null order by e.created_at, e.id limit 1000`;

/** Errands, the latest first. $1 before this id or null, $2 how many. Locks nothing. Index: the primary key, for ids are in the order of time. */
export const listErrands = statement(ERRAND)`
select ${FIELDS} from signalbox.errand e
where e.id < coalesce($1::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by e.id desc
limit $2::int`;

/**
 * Pauses, resumes or stops an unfinished errand. $1 id, $2 state. Returns its state before. Locks: the row; waits for a batch that is under way.
 * A stopped one has ended, and its entry of the audit is completed. Repeatable. Index: the primary key.
 */
export const changeErrand = statement({ was: 'text' })`
with before as materialized (
  select e.id, e.state from signalbox.errand e where e.id = $1::text::uuid and e.finished_at is null
  for no key update
), changed as (
  update signalbox.errand e set state = $2::text, updated_at = statement_timestamp(),
    finished_at = case when $2::text = 'stopped' then statement_timestamp() end,
    fingerprint = case when $2::text = 'stopped' then null else e.fingerprint end,
    filter = case when $2::text = 'stopped' then ${scrubbed('e.filter')} else e.filter end
  from before where e.id = before.id
  returning e.id, e.state, e.done, e.skipped, e.options
), audited as (
  update signalbox.audit_entry a set finished_at = statement_timestamp(),
    result = pg_catalog.jsonb_build_object('state', changed.state, 'done', changed.done, 'skipped', changed.skipped)
  from changed where a.id = (changed.options ->> 'audit'::text)::bigint and changed.state = 'stopped'
)
select before.state as was from before join changed on changed.id = before.id`;

/**
 * The first transaction that had not ended when this statement began: what is visible to all that begin later is what earlier ones wrote, once it has
 * passed. No parameters. Returns the next transaction's number, as text. Locks nothing.
 */
export const nextTransaction = statement({ xid: 'text' })`
select pg_snapshot_xmax(pg_current_snapshot())::text as xid`;
