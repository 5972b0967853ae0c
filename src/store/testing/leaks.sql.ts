// What a test has left in its database, kind by kind. None of these statements belongs to production. They lock nothing, and read
// catalogs and small tables.
import { statement } from '../../drivers/statement.ts';

/** Transactions, listeners and advisory locks of other sessions. */
export const leftSessionWork = statement({ leak: 'text', what: 'text' })`
select 'transactions' as leak, pg_catalog.concat(pid, ' is ', state, ': ', pg_catalog.left(query, 200)) as what from pg_catalog.pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()
union all
select 'listeners', pg_catalog.concat(pid, ': ', pg_catalog.left(query, 200)) from pg_catalog.pg_stat_activity
where datname = current_database() and query ~* '^\\s*listen\\M' and pid <> pg_backend_pid()
union all
select 'locks', pg_catalog.concat(pid, ' holds ', classid, ', ', objid) from pg_catalog.pg_locks
where locktype = 'advisory' and granted and database = (select oid from pg_catalog.pg_database where datname = current_database())`;

/** Workers that have not signed off, and deliveries that run. */
export const leftRows = statement({ leak: 'text', what: 'text' })`
select 'workers' as leak, pg_catalog.concat(id, ' ', label) as what from signalbox.worker where lost_at is null
union all
select 'deliveries', pg_catalog.concat(id, ' of worker ', coalesce(worker_id::text, 'none')) from signalbox.delivery where state = 'running'`;

/** All other sessions. */
export const leftSessions = statement({ leak: 'text', what: 'text' })`
select 'sessions' as leak, pg_catalog.concat(pid, ' ', application_name, ': ', pg_catalog.left(query, 200)) as what from pg_catalog.pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;

/** Ends all other sessions, and waits until they are gone. */
export const endSessions = statement({ ended: 'int' })`
select (count(*) filter (where pg_catalog.pg_terminate_backend(pid, 5000)))::int as ended from pg_catalog.pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;
