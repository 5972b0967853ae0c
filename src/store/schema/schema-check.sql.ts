// The SQL of the check that the migration has run.
import { statement } from '../../drivers/statement.ts';

/**
 * The columns of the tables in a schema, and the version of these tables, which is the default of a column: for the check that the
 * migration has run. $1 its name. Locks nothing. Repeatable. Index: that of pg_namespace's names.
 */
export const presentColumns = statement({ table: 'text', column: 'text', version: 'text?' })`
select c.relname::text as "table", a.attname::text as "column",
  case when a.attname = 'schema_version' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as version
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where n.nspname = $1::text`;
