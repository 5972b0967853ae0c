// A turn of the maintenance task that prunes, past the clock by which a worker comes to it.
import { driverOf } from '../../src/drivers/detect.ts';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { agesOf } from '../../src/core/retention.ts';
import { pruneTask } from '../../src/maintenance/tasks/prune.ts';
import { Events } from '../../src/observe/events.ts';
import { silentLogger } from '../../src/observe/log.ts';
import { Namespace } from '../../src/store/namespace.ts';
import type { InTransaction } from '../../src/store/own-run.ts';
import { Store } from '../../src/store/store.ts';
import { Ambient } from '../../src/transaction/ambient.ts';
import { ownTransactions } from '../../src/transaction/own-transactions.ts';
import { Transactions } from '../../src/transaction/transactions.ts';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';

/** @param sql on which the last turn is put into the past */
export async function takePruneTurn(database: object, sql: postgres.Sql): Promise<void> {
  await sql`update signalbox.maintenance_task set ran_at = ran_at - interval '1 hour'`;
  const { store, inTransaction } = storeOn(database);
  const parts = { store: store.retention(inTransaction), events: new Events(silentLogger), ages: agesOf() };
  await pruneTask(parts).run(new AbortController().signal);
}

/** A store of its own on the client of a box. */
export function storeOn(database: object): { readonly store: Store; readonly inTransaction: InTransaction } {
  // The database object of the box is tracked already.
  const db = drizzle({ client: (database as { readonly $client: postgres.Sql }).$client });
  const driver = driverOf(db);
  const transactions = new Transactions(db, driver, new Ambient(), {
    beforeBegin: async () => {},
    assertCommitted: async (_scope, error) => {
      throw error;
    },
  });
  return { store: new Store(driver, 3, new Namespace(DEFAULT_SCHEMA)), inTransaction: ownTransactions(transactions, driver) };
}
