// Reads the tables that a test compares, and puts them back.
import type { Run } from '../../drivers/driver.ts';
import type { InTransaction } from '../own-run.ts';
import { columnsOfTable, emptyTable, refillTable, rowsOfTable, type TableName, withoutTriggers } from './snapshot.sql.ts';

export type { TableName };

/** The rows of a table, each as JSON text. */
export interface TableSnapshot {
  readonly table: TableName;
  readonly rows: readonly string[];
  /** Columns in which no two runs agree. */
  readonly varying: ReadonlySet<string>;
}

export async function snapshotOf(run: Run, tables: readonly TableName[]): Promise<readonly TableSnapshot[]> {
  const snapshots: TableSnapshot[] = [];
  for (const table of tables) {
    const columns = await run(columnsOfTable, [table.schema, table.name]);
    const varying = new Set(columns.filter(({ varies }) => varies).map(({ name }) => name));
    const rows = (await run(rowsOfTable(table), [])).map(({ row }) => row);
    snapshots.push({ table, rows, varying });
  }
  return snapshots;
}

/** Puts the tables back as they were. @throws what the database throws, for a role that may not leave triggers out */
export async function restore(inTransaction: InTransaction, snapshots: readonly TableSnapshot[]): Promise<void> {
  await inTransaction(async (run) => {
    await run(withoutTriggers, []);
    for (const { table, rows } of snapshots) {
      const columns = await run(columnsOfTable, [table.schema, table.name]);
      await run(emptyTable(table), []);
      await run(
        refillTable(
          table,
          columns.map(({ name }) => name),
        ),
        [`[${rows.join(',')}]`],
      );
    }
  });
}
