// Prepared statements: none behind a pooler without support for them; with `'all'` also those that an application sends
// again and again in transactions, and not those that it sends once.
import { sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { HotStatements } from '../../src/drivers/hot-statements.ts';
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

test.each(drivers)('the statements of Signalbox are prepared on %s, unless the option forbids that', async (_name, connect) => {
  expect(await prepared(connect)).toBeGreaterThan(0);
  expect(await prepared(connect, false)).toBe(0);
});

const OWN = sql`pg_prepared_statements where statement like 'select %own%' and statement not like '%pg_prepared_statements%'`;

async function preparedOwn(connect: (database: TestDatabase) => Connected, prepare: boolean | 'all'): Promise<number[]> {
  await using database = await createDatabase();
  const { db, end } = connect(database);
  const box = createSignalbox({ db, log: false, prepare });
  const counts: number[] = [];
  for (let times = 0; times < 4; times++)
    await db.transaction(async (tx) => {
      // One in the savepoint, too; one that differs each time, and one without parameters.
      await tx.transaction((nested) => nested.execute(sql`select ${times}::int as own`));
      await tx.execute(sql.raw(`select ${times} as own`));
      await tx.execute(sql`select ${sql.raw(String(times))} + ${times}::int as own`);
      counts.push(await tx.$count(OWN));
    });
  await box.close();
  await end();
  return counts;
}

test.each(drivers)(
  "with 'all', a statement that an application sends for the third time in a transaction is prepared on %s",
  async (_name, connect) => {
    expect(await preparedOwn(connect, 'all')).toEqual([0, 0, 1, 1]);
    expect(await preparedOwn(connect, true)).toEqual([0, 0, 0, 0]);
    expect(await preparedOwn(connect, false)).toEqual([0, 0, 0, 0]);
  },
);

test.each(drivers)('a column that changes its type costs a prepared statement one transaction on %s', async (_name, connect) => {
  await using database = await createDatabase();
  const { db, end } = connect(database);
  const box = createSignalbox({ db, log: false, prepare: 'all' });
  const other = database.connect({ max: 1 });
  await other`create table item (value int not null)`;
  await other`insert into item values (1)`;
  const read = (): Promise<unknown> => db.transaction(async (tx) => tx.execute(sql`select value from item where value = ${1}::int`));
  for (let times = 0; times < 4; times++) await read();
  await other`alter table item alter column value type bigint`;
  await expect(read()).rejects.toMatchObject({ cause: { code: '0A000' } });
  await read();
  await box.close();
  await end();
});

test('a text is hot from its third use on, and at most 250 are hot', () => {
  const hot = new HotStatements();
  expect([1, 2, 3, 4].map(() => hot.isHot('select 1'))).toEqual([false, false, true, true]);
  // Texts that differ each time neither become hot, nor keep others from becoming hot.
  for (let index = 0; index < 5_000; index++) expect(hot.isHot(`select once ${index}`)).toBe(false);
  const often = Array.from({ length: 300 }, (_, index) => [1, 2, 3].map(() => hot.isHot(`select often ${index}`)));
  expect(often.filter(([, , third]) => third).length).toBe(249);
  expect(hot.isHot('select 1')).toBe(true);
});
