// Tests that a test fails if it leaves anything behind, and that it may declare what it must leave.
import { createServer } from 'node:net';
import { Pool } from 'pg';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { createDatabase, ofNodePostgres, type TestDatabase } from './database.ts';
import { harness } from './harness.ts';
import { Latch } from './latch.ts';
import type { Leak } from '../../src/testing/database/leaks.ts';

/** Leaves something in a database; returns a function that ends it, so that this process is clean afterwards. */
type Leave = (database: TestDatabase, sql: postgres.Sql) => Promise<() => unknown>;

const nothing = (): void => {};

const worker: Leave = async (_database, sql) => {
  await sql`insert into signalbox.worker (id, label, started_at, lease_until, backend_pid) values (7, 'left', now(), now(), 0)`;
  return nothing;
};

const delivery: Leave = async (_database, sql) => {
  await sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, state, run_at, worker_id)
    values (gen_random_uuid(), 1, 1, 'running', now(), 7)`;
  return nothing;
};

const transaction: Leave = async (_database, sql) => {
  const latch = new Latch();
  const begun = new Latch();
  const left = sql.begin(async (tx) => {
    await tx`select 1`;
    begun.open();
    await latch.opened;
  });
  left.catch(nothing);
  await begun.opened;
  return () => latch.open();
};

const lock: Leave = async (_database, sql) => {
  await sql`select pg_advisory_lock(7)`;
  return nothing;
};

const listener: Leave = async (_database, sql) => {
  await sql.listen('left', nothing);
  return nothing;
};

const slot: Leave = async (_database, sql) => {
  await sql.reserve();
  return nothing;
};

const slotOfNodePostgres: Leave = async (database) => {
  const pool = new Pool({ connectionString: database.url });
  pool.on('error', nothing);
  database.adopt(ofNodePostgres(pool));
  const client = await pool.connect();
  client.on('error', nothing);
  return () => client.release(true);
};

const session: Leave = async ({ url }) => {
  const pool = new Pool({ connectionString: url });
  pool.on('error', nothing);
  await pool.query('select 1');
  return () => pool.end();
};

const timer: Leave = async () => {
  // One timer might replace one of the test runner that has ended meanwhile: only their number is compared.
  const left = Array.from({ length: 5 }, () => setInterval(nothing, 1_000));
  return () => left.forEach((timer) => clearInterval(timer));
};

const server: Leave = async () => {
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(0, '127.0.0.1', resolve));
  return () => left.close();
};

async function dispose(database: TestDatabase, end: () => unknown): Promise<void> {
  try {
    await database[Symbol.asyncDispose]();
  } finally {
    await end();
  }
}

const leaks: [leak: Leak, what: RegExp, leave: Leave][] = [
  ['workers', /workers: \d+ left/, worker],
  ['deliveries', /deliveries: \d+ of worker 7/, delivery],
  ['transactions', /transactions: \d+ is idle in transaction: select 1/, transaction],
  ['locks', /locks: \d+ holds 0, 7/, lock],
  ['listeners', /listeners: \d+: listen "left"/, listener],
  ['slots', /slots: 1 reserved/, slot],
  ['slots', /slots: 1 reserved/, slotOfNodePostgres],
  ['sessions', /sessions: .*select 1/, session],
  ['handles', /handles: \d Timeout/, timer],
  ['handles', /handles: 1 TCPServerWrap/, server],
];

test.each(leaks)('something left of the %s fails the test: %s', async (_leak, what, leave) => {
  const database = await createDatabase({ patienceMs: 200 });
  const end = await leave(database, database.connect({ max: 1 }));
  await expect(dispose(database, end)).rejects.toThrow(what);
});

test.each(leaks)('a test may leave %s that it announces: %s', async (leak, _what, leave) => {
  const database = await createDatabase();
  // A test that keeps a connection from its pool keeps a session, and the timers of the pool, too.
  for (const left of [leak, 'sessions', 'handles'] as const) database.leaves(left, 'this test is about it');
  const end = await leave(database, database.connect({ max: 1 }));
  await dispose(database, end);
});

test('a resource that is ending is waited for', async () => {
  const database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const slow = sql`select pg_sleep(0.3)`.then(nothing);
  await database[Symbol.asyncDispose]();
  await slow;
});

test('a worker that is not stopped ends with the box of the harness; an empty reason is refused', async () => {
  class Quiet {
    @OnSignal(defineSignal('leaks.happened', z.object({})))
    static async receive(): Promise<void> {}
  }
  await using h = await harness({ services: [Quiet] });
  await h.box.worker().start();
  expect(() => h.leaves('workers', '')).toThrow('reason');
});
