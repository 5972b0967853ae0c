// Tests that tests get their own databases and leave none behind.
import { expect, inject, test } from 'vitest';
import { belongsToRun, isLeftover, nameDatabase, nameRun } from '../../src/testing/database/names.ts';
import { createDatabase } from './database.ts';

test('a database is empty, used only by its test, and gone with its clients after disposal', async () => {
  await using other = await createDatabase({ migrated: false });
  let name: string;
  {
    await using database = await createDatabase({ migrated: false });
    name = database.name;
    const sql = database.connect();
    const { unlisten } = await sql.listen('channel', () => {});
    await sql`create table mine (id int)`;
    expect(await sql`select current_database() as name`).toEqual([{ name }]);
    await unlisten();
  }
  const left = await other.connect()`select from pg_catalog.pg_database where datname = ${name}`;
  expect(left).toHaveLength(0);
});

test('a hanging query does not keep its database', async () => {
  const database = await createDatabase({ migrated: false });
  database.leaves('transactions', 'its query hangs');
  database.leaves('sessions', 'its query hangs on at the server when its client has ended');
  // oxlint-disable-next-line vitest/valid-expect -- awaited below, once its database is gone
  const hanging = expect(database.connect()`select pg_sleep(600)`).rejects.toThrow();
  await database[Symbol.asyncDispose]();
  await hanging;
});

// Before the first migration is generated, there is no template.
test.runIf(inject('databaseTemplate'))('a migrated database has the tables of Signalbox', async () => {
  await using database = await createDatabase();
  const tables = await database.connect()`select from information_schema.tables where table_schema = 'signalbox'`;
  expect(tables.length).toBeGreaterThan(0);
});

// Without a template, this holds.
test.skipIf(inject('databaseTemplate'))('without migrations a migrated database is refused', async () => {
  await expect(createDatabase()).rejects.toThrow('examples/shop/migrations');
});

test('a name shows its run, and whether it is a leftover', () => {
  const run = nameRun();
  const name = nameDatabase(run);
  const started = Number(name.split('_')[2]);
  expect(name.length).toBeLessThan(64);
  expect(belongsToRun(name, run)).toBe(true);
  expect(belongsToRun(name, nameRun())).toBe(false);
  expect(isLeftover(name, started + 3_600)).toBe(false);
  expect(isLeftover(name, started + 3_601)).toBe(true);
  expect(isLeftover('signalbox_test_data', started + 3_601)).toBe(false);
});
