// The SQL of the check that the migration has run.
import { statement } from '../../drivers/statement.ts';

/** The columns that exist in the schema: for the check that the migration has run. */
export const presentColumns = statement({ table: 'text', column: 'text' })`
select c.relname::text as "table", a.attname::text as "column"
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'signalbox'`;
