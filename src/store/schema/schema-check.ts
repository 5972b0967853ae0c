// Checks that the database has the tables and columns that this version of Signalbox needs. They are read off
// schema.ts, so a new column is checked as soon as it is defined. A change that shows in no column (an index, a check, the meaning of a
// value) raises the version of the tables: older tables are refused; newer ones, which only add, are not.
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { RowOf } from '../../drivers/statement.ts';
import { DEFAULT_SCHEMA } from '../../core/rules.ts';
import { SignalboxError } from '../../errors.ts';
import type { Run } from '../../drivers/driver.ts';
import { presentColumns } from './schema-check.sql.ts';
import { SCHEMA_VERSION } from './operating-tables.ts';
import { tables } from './schema.ts';

/** Names of the tables and columns that the database lacks, as `signalbox.delivery` or `signalbox.delivery.epoch`; or `version 3 of signalbox`. */
export async function findMissing(run: Run, schema: string): Promise<string[]> {
  return missingParts(schema, await run(presentColumns, [schema]));
}

export type PresentColumn = RowOf<typeof presentColumns.columns>;

export function missingParts(schema: string, present: readonly PresentColumn[]): string[] {
  const columnsOf = new Map<string, Set<string>>();
  for (const { table, column } of present) {
    const columns = columnsOf.get(table) ?? new Set();
    columnsOf.set(table, columns.add(column));
  }
  const missing = missingColumns(schema, columnsOf);
  const version = versionOf(present);
  return missing.length > 0 || (version !== undefined && version >= SCHEMA_VERSION) ? missing : [`version ${SCHEMA_VERSION} of ${schema}`];
}

/** The version of the tables; undefined if the default that says it is gone. */
export function versionOf(present: readonly PresentColumn[]): number | undefined {
  const text = present.find(({ table, column }) => table === META && column === 'schema_version')?.version;
  return /^\d+$/.test(text ?? '') ? Number(text) : undefined;
}

const META = getTableName(tables.signalboxMeta);

function missingColumns(schema: string, columnsOf: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return Object.values(tables).flatMap((table) => {
    const name = getTableName(table);
    const columns = columnsOf.get(name);
    if (!columns) return [`${schema}.${name}`];
    return Object.values(getTableColumns(table))
      .filter((column) => !columns.has(column.name))
      .map((column) => `${schema}.${name}.${column.name}`);
  });
}

/** @throws SignalboxError `MigrationMissing` if anything is missing */
export function migrationMissing(schema: string, missing: readonly string[], cause?: unknown): SignalboxError<'MigrationMissing'> {
  const what = missing.length > 6 ? `${missing.slice(0, 6).join(', ')} and ${missing.length - 6} more` : missing.join(', ');
  const tables = schema === DEFAULT_SCHEMA ? "`export * from 'signalbox/schema'`" : `the tables of signalboxTables('${schema}')`;
  return new SignalboxError(
    'MigrationMissing',
    `The database has no ${what || `tables of Signalbox in the schema ${schema}, or not all of their columns`}. Add ${tables} to your Drizzle schema, then run: npx drizzle-kit generate && npx drizzle-kit migrate`,
    { cause, details: { missing } },
  );
}
