// createTestDatabase: a database of its own for a test, made of the migrations, closed with all that the test has opened.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';
import { expect, inject, test } from 'vitest';
import { createSignalbox } from '../../src/index.ts';
import { createTestDatabase } from '../../src/testing.ts';
import { createDatabaseOn, databaseUrlOn, dropDatabaseOn, dropOldTemplatesOn } from '../../src/testing/database/databases.ts';
import { isNoteOld, isUnused, nameDatabase, nameRun, noteOfUse } from '../../src/testing/database/names.ts';
import type { Leak } from '../../src/testing/database/leaks.ts';
import { openDatabase, type OpenDatabase } from '../../src/testing/database/open-database.ts';
import { ensureTemplate, templateOf } from '../../src/testing/database/template.ts';
import { Latch } from '../support/latch.ts';
import { withConnection } from '../../src/testing/database/connection.ts';
import { databaseNames } from '../../src/store/testing/databases.sql.ts';

const hasDatabase = (serverUrl: string, name: string): Promise<boolean> =>
  withConnection(serverUrl, async (run) => (await run(databaseNames, [])).some((database) => database.name === name));

const migrations = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));
const server = inject('databaseUrl');

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

const withPrefix = (prefix: string): Promise<Record<string, unknown>[]> =>
  query(server, `select datname from pg_database where datname like '${prefix}%'`);

test('a database has the migrations, as applied ones, and what one test writes no other sees', async () => {
  await using one = await createTestDatabase({ migrations, server });
  await using other = await createTestDatabase({ migrations, server });
  const sql = one.own(postgres(one.url, { max: 2 }));
  await sql`insert into payment_count values ('succeeded', 1)`;
  expect(await query(other.url, 'select * from payment_count')).toEqual([]);
  const box = other.own(createSignalbox({ db: drizzle({ client: other.own(postgres(other.url, { max: 2 })) }), log: false }));
  expect(await box.migrate({ folder: migrations })).toBe(0);
  expect(one.name).not.toBe(other.name);
});

test('it closes boxes before clients, those of node-postgres and others as well, and the database is gone', async () => {
  const order: string[] = [];
  const database = await createTestDatabase({ server });
  const pool = database.own(new Pool({ connectionString: database.url }));
  await pool.query('select 1');
  database.own({ end: () => void order.push('client') });
  database.own({ close: () => void order.push('first') });
  database.own({ [Symbol.asyncDispose]: async () => void order.push('second') });
  await Promise.all([database.close(), database.close()]);
  expect(order).toEqual(['second', 'first', 'client']);
  expect(await hasDatabase(server, database.name)).toBe(false);
});

test('it closes and drops all the same when something cannot be closed, and says so', async () => {
  const database = await createTestDatabase({ server });
  const sql = database.own(postgres(database.url, { max: 1 }));
  await sql`select 1`;
  database.own({
    close: () => {
      throw new Error('stuck');
    },
  });
  await expect(database.close()).rejects.toThrow('stuck');
  expect(await hasDatabase(server, database.name)).toBe(false);
});

/** Waits 200 ms, and not 5 s, for what is ending. */
const impatient = async (template: string, schema = 'signalbox'): Promise<OpenDatabase> =>
  openDatabase({ serverUrl: server, name: nameDatabase(nameRun()), template, schema, patienceMs: 200 });

test('check finds what a test left while the database goes on', async () => {
  await using database = await impatient(inject('databaseTemplate')!);
  const sql = database.own(postgres(database.url, { max: 3 }));
  await database.check();
  await sql`insert into signalbox.worker (id, label, started_at, lease_until, backend_pid) values (7, 'left', now(), now(), 0)`;
  await expect(database.check()).rejects.toThrow(/workers: 7 left/);
  await sql`delete from signalbox.worker`;
  const session = await sql.reserve();
  await expect(database.check()).rejects.toThrow(/slots: 1 reserved/);
  session.release();
  await database.check();
});

test('rows of Signalbox in another schema are found there', async () => {
  await using database = await impatient('template0', 'apart');
  const sql = database.own(postgres(database.url, { max: 1 }));
  await sql`create schema apart`;
  await sql`create table apart.worker (id int, label text, lost_at timestamptz)`;
  await sql`create table apart.delivery (id int, worker_id int, state text)`;
  await sql`insert into apart.worker values (3, 'there')`;
  await expect(database.check()).rejects.toThrow(/workers: 3 there/);
  await sql`drop table apart.worker`;
});

/** The kinds of leaks that `check` names, and no others. */
async function kindsLeft(database: OpenDatabase): Promise<string[]> {
  const message = await database.check().then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  return Array.from(message.matchAll(/^ {2}(\w+): /gm), ([, kind]) => kind!);
}

test.each([
  { kind: 'transactions', leave: 'begin', end: 'rollback' },
  { kind: 'locks', leave: 'select pg_advisory_lock(7)', end: 'select pg_advisory_unlock(7)' },
  { kind: 'listeners', leave: 'listen orders', end: 'unlisten orders' },
  {
    kind: 'deliveries',
    leave: "insert into apart.delivery values (4, null, 'running'), (5, null, 'ready')",
    end: "delete from apart.delivery where state = 'running'",
  },
])('check finds $kind that a test left, and nothing else, until they are ended or declared', async ({ kind, leave, end }) => {
  await using database = await impatient('template0', 'apart');
  const sql = database.own(postgres(database.url, { max: 1 }));
  await sql.unsafe(`create schema apart;
    create table apart.worker (id int, label text, lost_at timestamptz);
    create table apart.delivery (id int, worker_id int, state text)`);
  await database.check();
  await sql.unsafe(leave);
  expect(await kindsLeft(database)).toEqual([kind]);
  await sql.unsafe(end);
  expect(await kindsLeft(database)).toEqual([]);
  await sql.unsafe(leave);
  database.leaves(kind as Leak, 'this test is about what is left');
  expect(await kindsLeft(database)).toEqual([]);
});

test('the name of a template is that of the content of its folder', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-migrations-'));
  try {
    await mkdir(path.join(folder, 'meta'));
    await writeFile(path.join(folder, '0000_a.sql'), 'create table a (id int)');
    const { name } = await templateOf(folder);
    expect((await templateOf(folder)).name).toBe(name);
    expect(name.length).toBeLessThan(64);
    await writeFile(path.join(folder, 'meta/_journal.json'), '{}');
    const changed = await templateOf(folder);
    expect(changed.name).not.toBe(name);
    await writeFile(path.join(folder, '0000_a.sql'), 'create table a (id bigint)');
    expect((await templateOf(folder)).name).not.toBe(changed.name);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('of two processes that make a template at once, one does, and nothing is left of the other', async () => {
  const run = nameRun();
  const name = `${run}_template`;
  const both = [new Latch(), new Latch()] as const;
  const make = (mine: Latch, others: Latch): Promise<void> =>
    ensureTemplate(server, {
      name,
      own: nameDatabase(run),
      fill: async (url) => {
        await query(url, 'create table made (id int)');
        mine.open();
        await others.opened;
      },
    });
  await Promise.all([make(...both), make(both[1], both[0])]);
  expect(await withPrefix(run)).toEqual([{ datname: name }]);
  const clone = nameDatabase(run);
  await createDatabaseOn(server, { name: clone, template: name });
  expect(await query(databaseUrlOn(server, clone), 'select * from made')).toEqual([]);
  await expect(query(databaseUrlOn(server, name), 'select 1')).rejects.toMatchObject({ code: '55000' });
  await ensureTemplate(server, { name, own: clone, fill: () => Promise.reject(new Error('it is there')) });
  for (const left of [clone, name]) await dropDatabaseOn(server, left);
});

test('a template that cannot be filled is not there', async () => {
  const run = nameRun();
  const fill = (): Promise<void> => Promise.reject(new Error('a wrong migration'));
  await expect(ensureTemplate(server, { name: `${run}_template`, own: nameDatabase(run), fill })).rejects.toThrow('a wrong migration');
  expect(await withPrefix(run)).toEqual([]);
});

test('a template that was dropped is made again', async () => {
  await using _one = await createTestDatabase({ migrations, server });
  const { name } = await templateOf(migrations);
  await dropDatabaseOn(server, name);
  await using two = await createTestDatabase({ migrations, server });
  expect(await query(two.url, 'select count(*)::int as n from signalbox.emission')).toEqual([{ n: 0 }]);
});

/** A template of a content of its own, with a comment that says when it was used. */
async function templateUsed(daysAgo: number): Promise<string> {
  const name = `signalbox_template_${randomBytes(12).toString('hex')}`;
  const fill = async (url: string): Promise<void> => void (await query(url, 'create table made (id int)'));
  await ensureTemplate(server, { name, own: nameDatabase(nameRun()), fill });
  await query(server, `comment on database ${name} is '${noteOfUse(Math.floor(Date.now() / 1_000) - daysAgo * 86_400)}'`);
  return name;
}

const noteOf = async (name: string): Promise<unknown> =>
  (await query(server, `select shobj_description(oid, 'pg_database') as note from pg_database where datname = '${name}'`))[0]?.['note'];

test('templates that no process has used for a week are dropped, whoever sweeps beside it; a use keeps one', async () => {
  const [old, used, young] = [await templateUsed(8), await templateUsed(8), await templateUsed(6)];
  const before = await noteOf(used);
  await ensureTemplate(server, { name: used, own: nameDatabase(nameRun()), fill: () => Promise.reject(new Error('it is there')) });
  expect(await noteOf(used)).not.toBe(before);
  await Promise.all([dropOldTemplatesOn(server), dropOldTemplatesOn(server)]);
  expect(await Promise.all([old, used, young].map((name) => hasDatabase(server, name)))).toEqual([false, true, true]);
  for (const name of [used, young]) await dropDatabaseOn(server, name);
});

test('a template is not dropped while it is cloned, and a clone that comes after the drop is refused, so that it is made again', async () => {
  const name = await templateUsed(8);
  const clones = [1, 2, 3].map(() => nameDatabase(nameRun()));
  const cloning = clones.map((clone) => createDatabaseOn(server, { name: clone, template: name }));
  const outcomes = await Promise.allSettled([dropOldTemplatesOn(server), ...cloning]);
  expect(outcomes[0].status).toBe('fulfilled');
  for (const [index, outcome] of outcomes.slice(1).entries()) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: '3D000' });
    else expect(await query(databaseUrlOn(server, clones[index]!), 'select * from made')).toEqual([]);
  }
  expect(await hasDatabase(server, name)).toBe(false);
  for (const clone of clones) await dropDatabaseOn(server, clone);
});

test('a use is written down once a day, and only templates of this form are swept', () => {
  const now = 1_800_000_000;
  const name = `signalbox_template_${'a'.repeat(24)}`;
  const at = (secondsAgo: number): { name: string; note: string; now: number } => ({ name, note: noteOfUse(now - secondsAgo), now });
  expect([isNoteOld(at(86_400)), isNoteOld(at(86_401)), isNoteOld({ name, note: null, now })]).toEqual([false, true, true]);
  expect([isUnused(at(7 * 86_400)), isUnused(at(7 * 86_400 + 1))]).toEqual([false, true]);
  expect(isUnused({ ...at(99 * 86_400), name: 'orders' })).toBe(false);
  expect([isUnused({ name, note: null, now }), isUnused({ name, note: 'mine', now })]).toEqual([false, false]);
});

test('a folder that is none, and an unknown option, are refused', async () => {
  await expect(createTestDatabase({ migrations: '/nowhere', server })).rejects.toThrow('migrations is /nowhere, which cannot be read');
  await expect(createTestDatabase({ migration: 'x' } as never)).rejects.toThrow('Did you mean migrations?');
});
