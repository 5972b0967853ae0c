// Whether the database has the tables and columns that this version of Signalbox needs. What is needed is read off
// schema.ts, so a new column is checked as soon as it is defined.
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { Run } from '../../drivers/driver.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import type { RowOf } from '../../drivers/statement.ts';
import { SignalboxError } from '../../errors.ts';
import type { presentColumns } from './schema-check.sql.ts';
import { tables } from './schema.ts';

/** Names of the tables and columns that `present` lacks, as `signalbox.delivery` or `signalbox.delivery.epoch`. */
export function missingParts(present: readonly RowOf<typeof presentColumns.columns>[]): string[] {
  const columnsOf = new Map<string, Set<string>>();
  for (const { table, column } of present) {
    const columns = columnsOf.get(table) ?? new Set();
    columnsOf.set(table, columns.add(column));
  }
  return Object.values(tables).flatMap((table) => {
    const name = getTableName(table);
    const columns = columnsOf.get(name);
    if (!columns) return [`signalbox.${name}`];
    return Object.values(getTableColumns(table))
      .filter((column) => !columns.has(column.name))
      .map((column) => `signalbox.${name}.${column.name}`);
  });
}

/** @throws SignalboxError `MigrationMissing` if anything is missing */
export function migrationMissing(missing: readonly string[], cause?: unknown): SignalboxError<'MigrationMissing'> {
  const what = missing.length > 6 ? `${missing.slice(0, 6).join(', ')} and ${missing.length - 6} more` : missing.join(', ');
  return new SignalboxError(
    'MigrationMissing',
    `The database has no ${what || 'tables of Signalbox, or not all of their columns'}. Add \`export * from 'signalbox/schema'\` to your Drizzle schema, then run: npx drizzle-kit generate && npx drizzle-kit migrate`,
    { cause, details: { missing } },
  );
}

/** Runs statements as `run` does, but a table or column that is not there becomes an error that says what to do. */
export function explained(run: Run): Run {
  return async (statement, params) => {
    try {
      return await run(statement, params);
    } catch (error) {
      // 42P01 undefined table, 42703 undefined column, 3F000 undefined schema
      const state = sqlState(error);
      if (state === '42P01' || state === '42703' || state === '3F000') throw migrationMissing([], error);
      throw error;
    }
  };
}
