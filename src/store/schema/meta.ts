// The one row that says which database this is.
import type { Run } from '../../drivers/driver.ts';
import { identifyDatabase } from './meta.sql.ts';

/** A UUID. Written by the first process that asks for it. */
export async function databaseIdOf(run: Run): Promise<string> {
  for (;;) {
    const [row] = await run(identifyDatabase, []);
    if (row) return row.id;
  }
}
