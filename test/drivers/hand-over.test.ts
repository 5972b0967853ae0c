// A connection is lost at the moment when node-postgres' pool hands it out: an event in the same packet as the previous
// answer is emitted before any promise continues.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { Pool, type PoolClient } from 'pg';
import { expect, test } from 'vitest';
import { createSignalbox } from '../../src/index.ts';
import { createDatabase } from '../support/database.ts';
import '../support/register.ts';

type HandOver = (error: Error | undefined, client: PoolClient | undefined, release: () => void) => void;

/** Reports the loss of the first client right after it has called back, as its connection does. */
class LosingPool extends Pool {
  lost = false;

  override connect(): Promise<PoolClient>;
  override connect(callback: HandOver): void;
  override connect(callback?: HandOver): Promise<PoolClient> | void {
    if (!callback) return new Promise((resolve, reject) => this.connect((error, client) => (client ? resolve(client) : reject(error!))));
    super.connect((error, client, release) => {
      callback(error, client, release);
      if (this.lost) return;
      this.lost = true;
      client!.emit('error', new Error('Connection terminated unexpectedly'));
    });
  }
}

test('a client that is lost as the pool hands it out does not end the process, and is not used again', async () => {
  await using database = await createDatabase();
  const client = new LosingPool({ connectionString: database.url, max: 1 });
  const db = drizzleNodePostgres({ client }) as unknown as PostgresJsDatabase;
  const box = createSignalbox({ db, log: false });
  const pidOf = async (): Promise<unknown> =>
    db.transaction(
      async (tx) => (await (tx.execute('select pg_backend_pid() as pid') as unknown as Promise<{ rows: { pid: number }[] }>)).rows[0]!.pid,
    );
  const first = await pidOf();
  expect(client.lost).toBe(true);
  expect(await pidOf()).not.toBe(first);
  await box.close();
  await client.end();
});
