// Identity sequences behind their tables: found without a false alarm, and advanced without ever going back.
import { drizzle } from 'drizzle-orm/postgres-js';
import { drizzle as drizzleNode } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal } from '../../../src/index.ts';
import { Namespace } from '../../../src/store/namespace.ts';
import { sequencesBehind } from '../../../src/store/sequences/sequences.ts';
import { type Database, harness, type Harness } from '../../support/harness.ts';
import { createDatabase, ofNodePostgres } from '../../support/database.ts';
import { Latch } from '../../support/latch.ts';
import { addDelivery, addReceiver, type AnySql, openStore, runOn } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

const happened = defineSignal('sequences.happened', z.object({}));

class Receiver {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

const namespace = new Namespace('signalbox');

const emit = async ({ db }: Pick<Harness, 'db'>): Promise<unknown> => db.transaction(async (tx) => happened.emitReliable(tx, {}));

/** As logical replication leaves it: rows, and sequences that begin anew. */
async function move({ sql }: Pick<Harness, 'sql'>, ...tables: string[]): Promise<void> {
  for (const table of tables) await sql.unsafe(`alter sequence signalbox.${table}_id_seq restart with 1`);
}

const next = async ({ sql }: Pick<Harness, 'sql'>, table = 'delivery'): Promise<number> =>
  Number((await sql.unsafe(`select nextval('signalbox.${table}_id_seq') as next`))[0]!['next']);

test('after a move without sequences emits are refused; a worker and an announcement say why, and the repair mends it', async () => {
  await using h = await harness({ services: [Receiver] });
  for (let n = 0; n < 3; n++) await emit(h);
  await move(h, 'delivery', 'receiver');
  await expect(emit(h)).rejects.toMatchObject({ code: 'SequenceBehind', cause: expect.anything() as object });
  const refusal = {
    code: 'SequenceBehind',
    message: expect.stringContaining('signalbox repair sequences') as string,
    details: {
      behind: [
        { table: 'signalbox.delivery', next: '2', highest: '3' },
        { table: 'signalbox.receiver', next: '1', highest: '1' },
      ],
    },
  };
  await expect(h.another().receivers.announce()).rejects.toMatchObject(refusal);
  await using worker = h.another().worker();
  await expect(worker.start()).rejects.toMatchObject(refusal);

  const repairs = await h.box.repairSequences();
  expect(repairs.map(({ table }) => table)).toEqual(['signalbox.delivery', 'signalbox.receiver']);
  expect(Number(repairs[0]!.to)).toBeGreaterThan(100_000);
  await emit(h);
  expect(await h.box.drain()).toMatchObject({ completed: 4 });
  await h.another().receivers.announce();
  expect(await h.box.repairSequences()).toEqual([]);
});

test('the ids of deliveries are looked for where they come back from: settled, and errors', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const behind = async (): Promise<unknown> => sequencesBehind(runOn(h.sql), namespace);
  await addDelivery(h.sql, receiver);
  await h.sql`insert into signalbox.settled select id, emission_id, receiver_id, 1, 0, 'dead', 0, null, 0, 0, now() from signalbox.delivery`;
  await h.sql`delete from signalbox.delivery`;
  await move(h, 'delivery');
  expect(await behind()).toEqual([{ table: 'signalbox.delivery', next: '1', highest: '1' }]);
  await h.sql`delete from signalbox.settled`;
  expect(await behind()).toEqual([]);
  await h.sql`insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at) values (7, 0, 0, '{}', now())`;
  expect(await behind()).toEqual([{ table: 'signalbox.delivery', next: '1', highest: '7' }]);
});

test('a sequence that an operator has set by hand is not mistaken for one that starts again', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await h.sql`alter table signalbox.receiver alter column id restart with 2`;
  expect(await sequencesBehind(runOn(h.sql), namespace)).toEqual([]);
  await h.sql`alter table signalbox.receiver alter column id restart with 1`;
  expect(await sequencesBehind(runOn(h.sql), namespace)).toMatchObject([{ table: 'signalbox.receiver' }]);
});

test('a role that may not read the sequences works as before', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 2 });
  const role = `sequences_${process.pid}_${Date.now()}`;
  await sql.unsafe(`create role ${role} login password 'x'; grant usage on schema signalbox to ${role};
    grant select, insert, update, delete on all tables in schema signalbox to ${role}`);
  await addReceiver(sql);
  await sql`alter sequence signalbox.receiver_id_seq restart with 1`;
  const client = database.connect({ max: 2, user: role, password: 'x' });
  expect(await sequencesBehind(runOn(client), namespace)).toEqual([]);
  await sql.unsafe(`grant select on all sequences in schema signalbox to ${role}`);
  expect(await sequencesBehind(runOn(client), namespace)).toMatchObject([{ table: 'signalbox.receiver' }]);
  await client.end();
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});

const TABLES = ['delivery', 'receiver', 'delivery_error', 'audit_entry'];

/** A row in each of them. */
async function fill(sql: AnySql): Promise<void> {
  await addDelivery(sql, await addReceiver(sql));
  await sql`insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at) values (1, 0, 0, '{}', now())`;
  await sql`insert into signalbox.audit_entry (at, actor, act, about) values (now(), 'a', 'a', '{}')`;
}

test.each(TABLES)('the repair of %s waits for an insert that is under way, and never sets a sequence back', async (table) => {
  await using h = await harness();
  await fill(h.sql);
  await move(h, table);
  const sender = h.connect({ max: 1 });
  const [inserted, ended] = [new Latch(), new Latch()];
  const sending = sender.begin(async (tx) => {
    await tx.unsafe(`lock table signalbox.${table} in row exclusive mode`);
    inserted.open();
    await ended.opened;
    // It has the lock of an insert, so the repair waits: meanwhile it takes the sequence far beyond what the repair has read.
    await tx.unsafe(`select setval('signalbox.${table}_id_seq', 5000000)`);
  });
  await inserted.opened;
  const repairing = h.box.repairSequences();
  await untilBlocked(h.sql);
  ended.open();
  await sending;
  expect(await repairing).toEqual([]);
  expect(await next(h, table)).toBe(5_000_001);
});

test('the highest id may belong to a delivery that was settled long ago', async () => {
  await using h = await harness();
  await addReceiver(h.sql);
  await h.sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select 2000 - n, gen_random_uuid(), 1, 1, 0, 'completed', 0, 0, 0, now() from generate_series(1, 1000) n`;
  expect(await h.box.repairSequences()).toEqual([{ table: 'signalbox.delivery', from: '1', to: '101999' }]);
});

test('a table that stays locked is tried again, and then reported with the command to repeat', { timeout: 60_000 }, async () => {
  await using h = await harness();
  await h.sql`insert into signalbox.audit_entry (at, actor, act, about) values (now(), 'a', 'a', '{}')`;
  await move(h, 'audit_entry');
  const sender = h.connect({ max: 1 });
  await sender.begin(async (tx) => {
    await tx`lock table signalbox.audit_entry in row exclusive mode`;
    await expect(h.box.repairSequences()).rejects.toMatchObject({
      code: 'SequenceBehind',
      message: expect.stringContaining('signalbox.audit_entry could not be repaired') as string,
    });
  });
  expect(await h.box.repairSequences()).toMatchObject([{ table: 'signalbox.audit_entry', from: '1' }]);
});

test('it repairs on node-postgres, under repeatable read, in a schema of another name too', async () => {
  await using database = await createDatabase({ migrated: false });
  const { migrationOf } = await import('../../support/migrations.ts');
  const sql = database.connect({ max: 1 });
  await sql.unsafe(await migrationOf('billing_signals'));
  const pool = new Pool({ connectionString: database.url, options: '-c default_transaction_isolation=repeatable\\ read' });
  database.adopt(ofNodePostgres(pool));
  await using box = createSignalbox({ db: drizzleNode({ client: pool }), schema: 'billing_signals', services: [Receiver], log: false });
  await box.receivers.announce();
  await sql`alter sequence billing_signals.receiver_id_seq restart with 1`;
  await expect(box.receivers.announce()).rejects.toMatchObject({
    details: { behind: [{ table: 'billing_signals.receiver', next: '1', highest: '1' }] },
  });
  expect(await box.repairSequences()).toEqual([{ table: 'billing_signals.receiver', from: '1', to: '1001' }]);
});

test.each(['postgres.js', 'node-postgres'])('an emit that is refused because its id is taken says what to run, on %s', async (driver) => {
  await using database = await createDatabase();
  const pool = new Pool({ connectionString: database.url });
  database.adopt(ofNodePostgres(pool));
  const db = driver === 'postgres.js' ? drizzle({ client: database.connect({ max: 2 }) }) : drizzleNode({ client: pool });
  await using box = createSignalbox({ db: db as Database, services: [Receiver], log: false });
  const emit = async (): Promise<unknown> => (db as Database).transaction(async (tx) => happened.emitReliable(tx, {}));
  await emit();
  await database.connect({ max: 1 }).unsafe('alter sequence signalbox.delivery_id_seq restart with 1');
  await expect(emit()).rejects.toMatchObject({
    code: 'SequenceBehind',
    message: expect.stringMatching(/signalbox\.delivery gives ids .* npx signalbox repair sequences/) as string,
  });
  await box.repairSequences();
  await emit();
});

test('two repairs at once, while senders insert: no id is given twice', async () => {
  await using h = await harness({ services: [Receiver] });
  await h.box.receivers.announce();
  for (let n = 0; n < 5; n++) await emit(h);
  await move(h, 'delivery');
  const other = h.another();
  const emits = Array.from({ length: 20 }, async () => emit(h).catch(() => undefined));
  await Promise.all([h.box.repairSequences(), other.repairSequences(), ...emits]);
  for (let n = 0; n < 5; n++) await emit(h);
  const [row] = await h.sql<
    { total: number; ids: number }[]
  >`select count(*)::int as total, count(distinct id)::int as ids from signalbox.delivery`;
  expect(row!.ids).toBe(row!.total);
  expect(row!.total).toBeGreaterThanOrEqual(10);
});

test('the first that announces gives the database its id; all read the same', async () => {
  await using h = await openStore();
  expect(await h.sql`select from signalbox.meta`).toHaveLength(0);
  const first = await h.hold(async (tx) => tx`insert into signalbox.meta (id) values (true)`);
  const asked = h.store.databaseId();
  await untilBlocked(h.sql);
  await first.commit();
  const ids = new Set([await asked, ...(await Promise.all(Array.from({ length: 4 }, async () => h.store.databaseId())))]);
  const rows = await h.sql<{ id: string; version: number }[]>`select database_id as id, schema_version as version from signalbox.meta`;
  expect([...ids]).toEqual(rows.map(({ id }) => id));
  await using box = createSignalbox({ db: drizzle({ client: h.connect() }), services: [Receiver], log: false });
  await box.receivers.announce();
  expect(await h.store.databaseId()).toBe(rows[0]!.id);
});
