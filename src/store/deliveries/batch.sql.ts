// The SQL statements around a batch, and around deliveries that share a transaction: what opens it, as which role it is ended, and what
// keeps one delivery from another. What ends it are `complete`, `settle` and `release` of settle.sql.ts.
import { statement } from '../../drivers/statement.ts';
import { HELD_CLAIM, SETTINGS, OUTSIDE_LANE } from './settle.sql.ts';

/**
 * What of its surroundings decides which rows a statement means, and who asks for them. A receiver may change any of these for the rest
 * of its transaction; compared before and after, they tell whether one did, also by a function of the database.
 */
const SURROUNDINGS = `pg_catalog.concat_ws(E'\\n', ${[
  'role',
  'session_authorization',
  'search_path',
  'row_security',
  'session_replication_role',
  'transaction_read_only',
  'timezone',
  'lock_timeout',
]
  .map((name) => `pg_catalog.current_setting('${name}')`)
  .join(', ')})`;

/**
 * Takes hold of deliveries as the first statement of the transaction of their receiver. $1 ids, in their order, $2 the epoch
 * of each, $3 milliseconds that any further statement and any pause of the transaction may take, $4 whether the transaction
 * carries the mark of a lane, $5 the worker that claimed each. Returns the ids that it holds, with a space between: one that is
 * missing was reclaimed, and must not reach the receiver; the role of the session, and its surroundings. It writes nothing, so that it does no harm
 * behind a BEGIN that has failed, which it reports.
 * Locks: the deliveries, in the order given, until the transaction ends, so that no rescue can take them from a
 * transaction that lives. Guard: (id, state, epoch, worker). Repeatable. The rest is as in settleFirst. Index: the primary key.
 */
export const holdBatch = statement({ ids: 'text', outside: 'bool', role: 'text', surroundings: 'text', ...SETTINGS })`
with held as materialized (
  select own.id, own.worker_id from unnest($1::text::bigint[], $2::text::int[], $5::text::int[]) as o(id, epoch, worker_id) ${HELD_CLAIM}
)
select coalesce((select string_agg(id::text, ' ') from held), '') as ids, ${OUTSIDE_LANE} as outside, current_setting('role') as role, ${SURROUNDINGS} as surroundings,
  set_config('application_name', coalesce((select 'signalbox worker ' || max(worker_id)::text from held), ''), true) as application_name,
  set_config('statement_timeout', $3::text, true) as statement_timeout,
  set_config('idle_in_transaction_session_timeout', $3::text, true) as idle_timeout`;

/**
 * Takes a role for the rest of the transaction, or until the next. $1 the role, $2 milliseconds that any further statement may
 * take. Returns the role of before, and the surroundings of before. The race is with the receiver itself: it may have set a role that may not touch our
 * tables, as a guard of rows by tenant does, or a timeout. A role that the session may take, it may take at any time.
 * Locks nothing. Repeatable.
 */
export const takeRole = statement({ before: 'text', surroundings: 'text', role: 'text', statement_timeout: 'text' })`
select current_setting('role') as before, ${SURROUNDINGS} as surroundings, set_config('role', $1::text, true) as role,
  set_config('statement_timeout', $2::text, true) as statement_timeout`;

/**
 * Begins the part of one delivery in a transaction that several share. Those of the deliveries before stay open around it, so that
 * nothing but the COMMIT has to release them; a name means its latest savepoint. Locks nothing. Not to be repeated.
 */
export const beginPart = statement({})`savepoint part_of_shared_transaction`;

/**
 * Undoes the part of the delivery that has just run, with its settings and its locks, and begins the next one, for the savepoint stays.
 * Repeatable.
 */
export const undoPart = statement({})`rollback to savepoint part_of_shared_transaction`;
