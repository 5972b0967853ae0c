// The shape of a table in words that can be compared: each column, constraint and index by its name.
import type { Catalog, CatalogColumn, CatalogIndex } from './doctor-store.ts';

/** By name. A column as its type, ` not null`, ` identity` and ` default …`; an index as its method and columns, after `unique` if it is that. */
export interface TableShape {
  readonly columns: Readonly<Record<string, string>>;
  readonly constraints: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
}

/** Each table of the catalogs, by its name. */
export function tablesOf({ columns, constraints, indexes }: Catalog): Map<string, TableShape> {
  const shape = (table: string): TableShape => ({
    columns: named(columns, table, ({ column }) => column, columnText),
    constraints: named(
      constraints,
      table,
      ({ name }) => name,
      ({ definition }) => definition,
    ),
    indexes: named(indexes, table, ({ name }) => name, indexText),
  });
  return new Map([...new Set(columns.map(({ table }) => table))].map((table) => [table, shape(table)]));
}

function named<Row extends { readonly table: string }>(
  rows: readonly Row[],
  table: string,
  nameOf: (row: Row) => string,
  textOf: (row: Row) => string,
): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.table === table).map((row) => [nameOf(row), textOf(row)]));
}

const columnText = ({ type, not_null, identity, default_value }: CatalogColumn): string =>
  `${type}${not_null ? ' not null' : ''}${identity ? ' identity' : ''}${default_value === null ? '' : ` default ${default_value}`}`;

/** Without the names of the index, its table and their schema. */
const indexText = ({ definition }: CatalogIndex): string =>
  `${/^CREATE UNIQUE/i.test(definition) ? 'unique ' : ''}${definition.slice(definition.indexOf(' USING ') + ' USING '.length)}`;
