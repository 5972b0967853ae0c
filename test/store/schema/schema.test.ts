// The tables themselves: the rows that they refuse, and the error for a database that lacks some of them.
import { getTableColumns, getTableName } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { tables } from '../../../src/store/schema/schema.ts';
import { addDelivery, addReceiver, openStore } from '../rows.ts';

test.each(Object.values(tables).map((table) => [getTableName(table), Object.values(getTableColumns(table))[0]!.name]))(
  'without the table %s, or without one of its columns, the check names it and the command',
  async (table) => {
    await using h = await openStore();
    await h.store.check();
    const columns = await h.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns where table_schema = 'signalbox' and table_name = ${table}`;
    const column = columns.at(-1)!.name;
    await h.sql.unsafe(`alter table signalbox.${table} drop column ${column} cascade`);
    await expect(h.store.check()).rejects.toMatchObject({
      code: 'MigrationMissing',
      message: expect.stringContaining('npx drizzle-kit generate && npx drizzle-kit migrate') as string,
      details: { missing: [`signalbox.${table}.${column}`] },
    });
    await h.sql.unsafe(`drop table signalbox.${table}`);
    await expect(h.store.check()).rejects.toMatchObject({ code: 'MigrationMissing', details: { missing: [`signalbox.${table}`] } });
  },
);

test('older code works on newer tables, newer code refuses older ones and names the migration', async () => {
  await using h = await openStore();
  const versionIs = async (version: string): Promise<unknown> =>
    h.sql.unsafe(`alter table signalbox.meta alter column schema_version ${version}`);
  await versionIs('set default 999');
  await h.store.check();
  for (const older of ['set default 0', 'drop default']) {
    await versionIs(older);
    await expect(h.store.check()).rejects.toMatchObject({
      code: 'MigrationMissing',
      message: expect.stringMatching(/no version 1 of signalbox.*drizzle-kit generate/) as string,
      details: { missing: ['version 1 of signalbox'] },
    });
  }
});

test('columns and tables that a newer version has added do no harm', async () => {
  await using h = await openStore();
  await h.sql`alter table signalbox.delivery add column later int`;
  await h.sql`create table signalbox.later (id int)`;
  await h.store.check();
});

test.each([
  ['a state that there is not', "update signalbox.delivery set state = 'done'", 'delivery_state'],
  ['a negative count', 'update signalbox.delivery set attempt = -1', 'delivery_counts'],
  [
    'a settled row that is not settled',
    "insert into signalbox.settled select id, emission_id, receiver_id, 1, 0, 'ready', 0, null, 0, 0, now() from signalbox.delivery",
    'settled_state',
  ],
  ['a negative epoch', 'update signalbox.delivery set epoch = -1', 'delivery_counts'],
  ['a negative number of crashes', 'update signalbox.delivery set crashes = -1', 'delivery_counts'],
  ['a negative generation', 'update signalbox.delivery set generation = -1', 'delivery_counts'],
  ['a receiver without a name', "update signalbox.receiver set name = ''", 'receiver_name_size'],
  ['a receiver with a name of 212', "update signalbox.receiver set name = repeat('x', 212)", 'receiver_name_size'],
  ['a queue without a name', "update signalbox.receiver set queue = ''", 'receiver_queue_size'],
  ['an emission of no signal', "update signalbox.emission set signal = ''", 'emission_signal_size'],
  ['headers of 300 KB', "update signalbox.emission set headers = to_jsonb(repeat('x', 300000))", 'emission_headers_size'],
  [
    'a payload of 17 MB',
    "update signalbox.emission set payload = to_jsonb((select string_agg(md5(i::text), '') from generate_series(1, 560000) i))",
    'emission_payload_size',
  ],
])('the database refuses %s', async (_what, statement, constraint) => {
  await using h = await openStore();
  await addDelivery(h.sql, await addReceiver(h.sql));
  await expect(h.sql.unsafe(statement)).rejects.toMatchObject({ code: '23514', constraint_name: constraint });
});

test.each([
  [
    'two deliveries of one emission to one receiver',
    'insert into signalbox.delivery (emission_id, receiver_id, version, run_at) select emission_id, receiver_id, 1, now() from signalbox.delivery',
    'delivery_emission_receiver',
  ],
  [
    'two receivers of one name and signal',
    'insert into signalbox.receiver (name, signal, queue, priority, last_seen_at) select name, signal, queue, 1, now() from signalbox.receiver',
    'receiver_signal_name',
  ],
])('the database refuses %s, even from plain SQL', async (_what, statement, constraint) => {
  await using h = await openStore();
  await addDelivery(h.sql, await addReceiver(h.sql));
  await expect(h.sql.unsafe(statement)).rejects.toMatchObject({ code: '23505', constraint_name: constraint });
});

test('the same emission and receiver cannot be settled twice', async () => {
  await using h = await openStore();
  await addDelivery(h.sql, await addReceiver(h.sql));
  const settle = h.sql`insert into signalbox.settled select id, emission_id, receiver_id, 1, 0, 'completed', 0, null, 0, 0, now() from signalbox.delivery`;
  await settle;
  await expect(
    h.sql`insert into signalbox.settled select id, emission_id, receiver_id, 1, 0, 'dead', 0, null, 0, 0, now() from signalbox.delivery`,
  ).rejects.toMatchObject({ code: '23505', constraint_name: 'settled_emission_receiver' });
});
