// The rows of the tables that a test compares, and how they are put back. For databases of tests.
import { statement } from '../../drivers/statement.ts';

/** A table of the application. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const nameOf = ({ schema, name }: TableName): string => `${quoted(schema)}.${quoted(name)}`;

/** All rows, as JSON. Reads the table whole. Locks nothing. */
export const rowsOfTable = (table: TableName) =>
  statement({ row: 'text' })`select pg_catalog.to_jsonb(t)::text as row from ${nameOf(table)} t order by 1`;

/** Deletes all rows. */
export const emptyTable = (table: TableName) => statement({})`delete from ${nameOf(table)}`;

/** Inserts rows as they were. $1 a JSON array of them. Generated columns follow by themselves. */
export const refillTable = (table: TableName, columns: readonly string[]) => {
  const names = columns.map(quoted).join(', ');
  return statement(
    {},
  )`insert into ${nameOf(table)} (${names}) overriding system value select ${names} from pg_catalog.jsonb_populate_recordset(null::${nameOf(table)}, $1::text::jsonb)`;
};

/** Until the transaction ends no trigger fires and no foreign key is checked. Refused to roles that may not set it. */
export const withoutTriggers = statement({ role: 'text' })`select set_config('session_replication_role', 'replica', true) as role`;

/**
 * The columns of a table that are no expression of others, with whether a new row has another value there each time: an identity, a
 * sequence, the time, chance. $1 schema, $2 table. Locks nothing.
 */
export const columnsOfTable = statement({ name: 'text', varies: 'bool' })`
select a.attname::text as name,
  a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* '(nextval|now|_timestamp|current_|random|uuid)', false) as varies
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1::text, $2::text)) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
order by a.attnum`;
