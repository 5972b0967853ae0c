// `prepare: false`: behind a pooler that does not know of prepared statements, Signalbox must not make any.
import { sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal } from '../../src/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const happened = defineSignal('prepare.happened', z.object({}));

interface Connected {
  db: ReturnType<typeof drizzlePostgresJs>;
  end(): Promise<void>;
}

const drivers: [name: string, connect: (database: TestDatabase) => Connected][] = [
  ['postgres.js', (database) => ({ db: drizzlePostgresJs({ client: database.connect({ max: 1 }) }), end: async () => {} })],
  [
    'node-postgres',
    ({ url }) => {
      const client = new Pool({ connectionString: url, max: 1 });
      return { db: drizzleNodePostgres({ client }) as unknown as Connected['db'], end: () => client.end() };
    },
  ],
];

async function prepared(connect: (database: TestDatabase) => Connected, prepare?: boolean): Promise<number> {
  await using database = await createDatabase();
  const { db, end } = connect(database);
  const box = createSignalbox({ db, log: false, ...(prepare === undefined ? {} : { prepare }) });
  const count = await db.transaction(async (tx) => {
    await happened.emitReliable(tx, {});
    return tx.$count(sql`pg_prepared_statements where statement like '%signalbox.%' and statement not like '%pg_prepared_statements%'`);
  });
  await box.close();
  await end();
  return count;
}

test.each(drivers)('the statements of Signalbox are prepared on %s, unless it is told not to', async (_name, connect) => {
  expect(await prepared(connect)).toBeGreaterThan(0);
  expect(await prepared(connect, false)).toBe(0);
});
