// The SQL that asks a server what it is, and who keeps its vacuum from work.
import { statement } from '../../drivers/statement.ts';

/** The server and this session. `sessions`: of clients, in all databases. No parameters. Locks nothing. Repeatable. */
export const serverState = statement({
  version: 'int',
  version_name: 'text',
  in_recovery: 'bool',
  read_only: 'bool',
  most_sessions: 'int',
  sessions: 'int',
  now_ms: 'int',
  pid: 'int',
})`
select current_setting('server_version_num')::int as version, current_setting('server_version') as version_name,
  pg_catalog.pg_is_in_recovery() as in_recovery, current_setting('transaction_read_only') = 'on' as read_only,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most_sessions,
  (select count(*)::int from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend') as sessions,
  (extract(epoch from statement_timestamp()) * 1000::numeric)::int8 as now_ms, pg_backend_pid() as pid`;

/**
 * Who holds a snapshot or a transaction that is older than $1 seconds, so that vacuum removes no row that has died since: transactions
 * of this database, prepared ones, replication slots that nobody reads or that hold rows, standbys that report their queries. Who and since
 * when of others' sessions is null to a role that is no member of pg_monitor. Locks nothing. Repeatable. Reads what the server has in
 * memory: a row for each session, slot and prepared transaction.
 */
export const snapshotHolders = statement({ kind: 'text', id: 'text', who: 'text?', age_seconds: 'int?' })`
select 'transaction' as kind, a.pid::text as id,
  pg_catalog.concat_ws(', ', a.usename::text, nullif(a.application_name, ''), a.state) as who,
  (extract(epoch from statement_timestamp() - a.xact_start))::int8 as age_seconds
from pg_catalog.pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
  and a.xact_start < statement_timestamp() - $1::text::float8 * interval '1 second' and (a.backend_xmin is not null or a.backend_xid is not null)
union all
select 'prepared', p.gid, p.owner::text, (extract(epoch from statement_timestamp() - p.prepared))::int8
from pg_catalog.pg_prepared_xacts p
where p.database = current_database() and p.prepared < statement_timestamp() - $1::text::float8 * interval '1 second'
union all
select 'slot', s.slot_name::text, pg_catalog.concat_ws(', ', s.slot_type, case when s.active then 'active' else 'inactive' end,
  'oldest transaction ' || coalesce(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))::text || ' back'), null::int8
from pg_catalog.pg_replication_slots s
where not s.active or s.xmin is not null
union all
select 'standby', r.pid::text, pg_catalog.concat_ws(', ', nullif(r.application_name, ''),
  'oldest transaction ' || pg_catalog.age(r.backend_xmin)::text || ' back'), null::int8
from pg_catalog.pg_stat_replication r where r.backend_xmin is not null and pg_catalog.age(r.backend_xmin) > 1000000`;
