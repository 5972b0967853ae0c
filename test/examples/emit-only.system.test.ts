// The two programs of examples/emit-only as separate processes: one that only emits, and one that has the receivers.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createSignalbox } from 'signalbox';
import { afterEach, expect, test, vi } from 'vitest';
import { payment } from '../../examples/shop/payment/signals.ts';
import { createDatabase } from '../support/database.ts';
import { reachableFrom } from './import-graph.ts';

/** Each starts processes of its own, up to four, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const WAIT = { timeout: 20_000, interval: 20 };
/** With a reserve for a busy machine: an idle connection would keep the emitter for longer than any test. */
const PROMPTLY_MS = 5_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const LOADER = ['--import', '@oxc-node/core/register'];
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  /** The time from its last output to its end. */
  readonly lingeredMs: number;
}

function start(args: readonly string[], url: string, cwd = root): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NODE_ENV: '', VITEST: '', NODE_OPTIONS: '', DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let saidAt = performance.now();
  child.stdout.on('data', () => (saidAt = performance.now()));
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { child, ended: ended.then(([output, errors, [code]]) => ({ output, errors, code, lingeredMs: performance.now() - saidAt })) };
}

const emit = async (url: string, reference: string): Promise<Ended> =>
  start([...LOADER, 'examples/emit-only/emitter.ts', reference], url).ended;

const startWorker = (url: string) => start([...LOADER, 'examples/emit-only/worker.ts'], url);

/** A command of `signalbox`, as cron and deploys run it in the folder of the configuration. */
const command = async (url: string, ...args: readonly string[]): Promise<Ended> =>
  start([`${root}dist/cli/main.js`, ...args], url, `${root}examples/emit-only`).ended;

const workOnce = async (url: string): Promise<Ended> => command(url, 'worker', '--once');

async function placeOrder(sql: postgres.Sql): Promise<string> {
  const reference = randomUUID();
  await sql`
    with started as (insert into payment_process (reference, amount_cents) values (${reference}, 1000) returning id)
    insert into orders (item, payment_process_id) select 'a signal box', id from started`;
  return reference;
}

async function fateOf(sql: postgres.Sql, reference: string): Promise<string> {
  const [found] = await sql<{ fate: string }[]>`
    select p.status || ' ' || o.status as fate from payment_process p join orders o on o.payment_process_id = p.id
    where p.reference = ${reference}`;
  return found!.fate;
}

const SILENT = { code: 0, errors: '' };

test('the emitter reaches receivers whose code it does not have, and exits promptly', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const worker = startWorker(database.url);
  await vi.waitUntil(async () => (await sql`select from signalbox.receiver`).length > 0, WAIT);

  const reference = await placeOrder(sql);
  const emitter = await emit(database.url, reference);
  expect(emitter).toMatchObject({ ...SILENT, output: 'deliveries stored: 1\n' });
  expect(emitter.lingeredMs).toBeLessThan(PROMPTLY_MS);
  await vi.waitUntil(async () => (await fateOf(sql, reference)) === 'succeeded completed', WAIT);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });

  // The catalogue keeps the receivers, whether or not a worker is running.
  const later = await placeOrder(sql);
  expect(await emit(database.url, later)).toMatchObject({ ...SILENT, output: 'deliveries stored: 1\n' });
  expect(await fateOf(sql, later)).toBe('succeeded pending');
  expect(await workOnce(database.url)).toMatchObject({ code: 0 });
  expect(await fateOf(sql, later)).toBe('succeeded completed');
});

test('receivers that a deploy has announced are reached before their first worker has started', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  expect(await command(database.url, 'announce')).toMatchObject({ ...SILENT, output: expect.stringContaining('Order.onPaymentCompleted') });
  const reference = await placeOrder(sql);
  expect(await emit(database.url, reference)).toMatchObject({ ...SILENT, output: 'deliveries stored: 1\n' });
  await workOnce(database.url);
  expect(await fateOf(sql, reference)).toBe('succeeded completed');
});

test('a pool of one connection is enough to emit and to drain; a box without services can report that a signal has no receivers', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const emitter = createSignalbox({ db: drizzle({ client: database.connect({ max: 1 }) }), log: false });
  const pay = async (): Promise<void> =>
    emitter.db.transaction(async (tx) => {
      const { deliveries } = await payment.completed.emitReliable(tx, { paymentProcessId: 1 });
      if (deliveries === 0) throw new Error('Nobody listens.');
    });
  await expect(pay()).rejects.toThrow('Nobody listens.');
  expect(await emitter.receivers.has(payment.completed)).toBe(false);
  expect(await sql`select from signalbox.emission`).toHaveLength(0);

  const worker = createSignalbox({ db: drizzle({ client: database.connect({ max: 1 }) }), log: false });
  const told: number[] = [];
  worker.receivers.connect(payment.completed, ({ paymentProcessId }) => void told.push(paymentProcessId), { name: 'listens' });
  await worker.drain();
  expect(await emitter.receivers.has(payment.completed)).toBe(true);
  await pay();
  expect(await worker.drain()).toMatchObject({ completed: 1 });
  expect(told).toEqual([1]);
  await worker.close();
  await emitter.close();
});

test('an emitter whose transaction fails stores nothing, and exits promptly, too', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await workOnce(database.url);
  const emitter = await emit(database.url, 'unknown');
  expect(emitter).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('There is no payment unknown to succeed.') });
  expect(await sql`select from signalbox.emission`).toHaveLength(0);
});

test('before any worker has announced receivers, an emission is stored, has no deliveries, and is not delivered later', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const reference = await placeOrder(sql);
  const emitter = await emit(database.url, reference);
  expect(emitter).toMatchObject({ code: 0, output: 'deliveries stored: 0\n' });
  expect(emitter.errors).toContain('payment.completed has no receivers, so the emit stores no delivery. Before you emit, add the class');
  expect(await sql`select from signalbox.emission`).toHaveLength(1);
  expect(await workOnce(database.url)).toMatchObject({ code: 0 });
  expect(await fateOf(sql, reference)).toBe('succeeded pending');
  expect(await sql`select from signalbox.delivery union all select from signalbox.settled`).toHaveLength(0);

  // The announced receivers get later emissions.
  const next = await placeOrder(sql);
  expect(await emit(database.url, next)).toMatchObject({ ...SILENT, output: 'deliveries stored: 1\n' });
});

test('the emitter imports nothing of the receivers', () => {
  const imported = reachableFrom([`${root}examples/emit-only/emitter.ts`]).map((file) => file.slice(root.length));
  expect(imported.sort()).toEqual(['examples/emit-only/emitter.ts', 'examples/shop/payment/schema.ts', 'examples/shop/payment/signals.ts']);
});
