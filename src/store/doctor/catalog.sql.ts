// The SQL that reads how the tables are, as the system catalogs have it. All of it takes the name of the schema as $1, locks nothing, is
// repeatable, and reads a few hundred rows of the catalogs by their indexes.
import { statement } from '../../drivers/statement.ts';

/** Each column: its type, whether it takes null, how it comes to a value by itself. */
export const catalogColumns = statement({
  table: 'text',
  column: 'text',
  type: 'text',
  not_null: 'bool',
  identity: 'bool',
  default_value: 'text?',
})`
select c.relname::text as "table", a.attname::text as "column", pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
  a.attnotnull as not_null, a.attidentity <> '' as identity, pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_value
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where n.nspname = $1::text and not c.relispartition
order by c.relname, a.attnum`;

/** Each constraint but those that a column says: primary keys, unique ones, checks, foreign keys, exclusions. */
export const catalogConstraints = statement({ table: 'text', name: 'text', definition: 'text' })`
select c.relname::text as "table", k.conname::text as name, pg_catalog.pg_get_constraintdef(k.oid) as definition
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype in ('c', 'p', 'u', 'f', 'x')
where n.nspname = $1::text and not c.relispartition
order by c.relname, k.conname`;

/** Each index but those of constraints. `valid`: the planner may use it; a `create index concurrently` that failed leaves one that is not. */
export const catalogIndexes = statement({ table: 'text', name: 'text', definition: 'text', valid: 'bool' })`
select c.relname::text as "table", ic.relname::text as name, pg_catalog.pg_get_indexdef(i.indexrelid) as definition,
  i.indisvalid and i.indisready as valid
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
join pg_catalog.pg_index i on i.indrelid = c.oid
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
where n.nspname = $1::text and not c.relispartition
  and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x') and k.conrelid = c.oid)
order by c.relname, ic.relname`;

/** Storage settings, as `name=value`. A table in partitions has none of its own. */
export const storageSettings = statement({ table: 'text', setting: 'text' })`
select c.relname::text as "table", o.setting
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind = 'r' and not c.relispartition
cross join lateral (
  select given.setting from pg_catalog.unnest(c.reloptions) as given(setting) union all select ''
) o
where n.nspname = $1::text
order by c.relname, o.setting`;

/** The size of each table with its indexes, its rows as the statistics have them, and whether it is a default partition that has pages. */
export const tableSizes = statement({ table: 'text', live: 'int', dead: 'int', bytes: 'int', in_default: 'bool' })`
select c.relname::text as "table", pg_catalog.pg_stat_get_live_tuples(c.oid) as live, pg_catalog.pg_stat_get_dead_tuples(c.oid) as dead,
  pg_catalog.pg_total_relation_size(c.oid::regclass) as bytes,
  c.relispartition and pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' and pg_catalog.pg_relation_size(c.oid::regclass) > 0::int8 as in_default
from pg_catalog.pg_namespace n
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind = 'r'
where n.nspname = $1::text
order by c.relname`;
