// The web servers of examples/frameworks over real HTTP, each with a worker, as programs that are asked to end; and the
// route handler of Next.js, called as Next calls it.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createSignalbox } from 'signalbox';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as express from '../../examples/frameworks/express.ts';
import * as fastify from '../../examples/frameworks/fastify.ts';
import * as hono from '../../examples/frameworks/hono.ts';
import type { Box } from '../../examples/frameworks/server.ts';
import { Order } from '../../examples/shop/order/order.ts';
import { orders } from '../../examples/shop/order/schema.ts';
import { PaymentProcesses } from '../../examples/shop/payment/payment-process.ts';
import { paymentProcess } from '../../examples/shop/payment/schema.ts';
import { createDatabase } from '../support/database.ts';

vi.setConfig({ testTimeout: 60_000 });

const WAIT = { timeout: 20_000, interval: 10 };
const root = fileURLToPath(new URL('../..', import.meta.url));
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Shop extends AsyncDisposable {
  readonly url: string;
  readonly sql: postgres.Sql;
  readonly box: Box;
  /** Places an order. Returns the reference of the payment that it waits for. */
  placeOrder(): Promise<string>;
  /** The status of a payment and of its order. */
  fateOf(reference: string): Promise<string>;
  emissions(): Promise<number>;
}

async function openShop(): Promise<Shop> {
  const database = await createDatabase();
  const db = drizzle({ client: database.connect({ max: 12 }) });
  const sql = database.connect({ max: 2 });
  const box = createSignalbox({ db, services: [PaymentProcesses, Order], log: false });
  return {
    url: database.url,
    sql,
    box,
    placeOrder: async () => {
      const reference = randomUUID();
      const [started] = await db.insert(paymentProcess).values({ reference, amountCents: 1_000 }).returning();
      await db.insert(orders).values({ item: 'a signal box', paymentProcessId: started!.id });
      return reference;
    },
    fateOf: async (reference) => {
      const joined = db.select().from(paymentProcess).innerJoin(orders, eq(orders.paymentProcessId, paymentProcess.id));
      const [found] = await joined.where(eq(paymentProcess.reference, reference));
      return `${found!.payment_process.status} ${found!.orders.status}`;
    },
    emissions: async () => (await sql`select from signalbox.emission`).length,
    [Symbol.asyncDispose]: async () => {
      await box.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Fails the COMMIT, like a deferred check: the request has emitted by then. */
async function refuseCommits(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the books are closed'; end $$;
    create constraint trigger refuse after insert on signalbox.emission deferrable initially deferred for each row execute function refuse()`);
}

async function post(port: number, reference: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/payments/${reference}/succeed`, { method: 'POST' });
  await response.arrayBuffer();
  return response.status;
}

async function health(port: number): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return { status: response.status, body: await response.json() };
}

describe.each([
  ['express', express],
  ['fastify', fastify],
  ['hono', hono],
])('%s', (name, { start }) => {
  test('a request succeeds a payment, and the worker of the same process completes the order', async () => {
    await using shop = await openShop();
    const server = await start(shop.box, { port: 0, worker: true });
    onTestFinished(() => server.stop());
    const reference = await shop.placeOrder();
    const completed = shop.box.next('delivery.completed');
    expect(await post(server.port, reference)).toBe(204);
    expect(await completed).toMatchObject({ receiver: 'Order.onPaymentCompleted' });
    expect(await shop.fateOf(reference)).toBe('succeeded completed');
    const { status, body } = await health(server.port);
    expect({ status, body }).toEqual({
      status: 200,
      body: { ok: true, workers: [{ id: expect.any(Number), running: 0, failing: false, paused: [] }] },
    });
    await server.stop();
  });

  test('a request that fails emits nothing: refused, repeated, or rolled back by its COMMIT', async () => {
    await using shop = await openShop();
    const server = await start(shop.box, { port: 0, worker: false });
    onTestFinished(() => server.stop());
    // Hono logs errors that it answers with 500 on the console.
    vi.spyOn(console, 'error').mockReturnValue();
    expect(await post(server.port, 'unknown')).toBe(409);
    expect(await shop.emissions()).toBe(0);
    const reference = await shop.placeOrder();
    expect(await post(server.port, reference)).toBe(204);
    expect(await post(server.port, reference)).toBe(409);
    expect(await shop.emissions()).toBe(1);
    await refuseCommits(shop.sql);
    const another = await shop.placeOrder();
    expect(await post(server.port, another)).toBe(500);
    expect(await shop.fateOf(another)).toBe('initiated pending');
    expect(await shop.emissions()).toBe(1);
    await server.stop();
  });

  test('without a worker the order waits for one elsewhere', async () => {
    await using shop = await openShop();
    const server = await start(shop.box, { port: 0, worker: false });
    onTestFinished(() => server.stop());
    const reference = await shop.placeOrder();
    expect(await post(server.port, reference)).toBe(204);
    expect(await health(server.port)).toEqual({ status: 200, body: { ok: true, workers: [] } });
    expect(await shop.fateOf(reference)).toBe('succeeded pending');
    expect(await shop.box.drain()).toMatchObject({ completed: 1 });
    expect(await shop.fateOf(reference)).toBe('succeeded completed');
    await server.stop();
  });

  test('its health is bad when the database lacks the tables, and hides the reason from strangers', async () => {
    await using shop = await openShop();
    const server = await start(shop.box, { port: 0, worker: false });
    onTestFinished(() => server.stop());
    await shop.sql`drop schema signalbox cascade`;
    expect(await health(server.port)).toEqual({ status: 503, body: { ok: false, workers: [] } });
    await server.stop();
  });

  test('asked to end, the program answers the running request, accepts no other, and exits with 0', async () => {
    await using shop = await openShop();
    const reference = await shop.placeOrder();
    const program = startProgram([name], shop.url);
    const port = await program.port;

    const lock = await shop.sql.reserve();
    await lock`begin`;
    await lock`select from payment_process for update`;
    const answer = post(port, reference);
    await vi.waitUntil(
      async () =>
        (await shop.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).length === 1,
      WAIT,
    );
    program.child.kill('SIGTERM');
    await vi.waitUntil(() => refuses(port), WAIT);
    await lock`commit`;
    lock.release();

    expect(await answer).toBe(204);
    expect(await program.ended).toEqual({ code: 0, errors: '' });
    await shop.box.drain();
    // Run by its own worker before its end, or by the drain.
    expect(await shop.fateOf(reference)).toBe('succeeded completed');
  });
});

test('the route handler of Next.js emits in its transaction, to receivers that are only in the catalogue', async () => {
  await using shop = await openShop();
  // Like a starting worker elsewhere.
  await shop.box.drain();
  await using next = await loadNext(shop.url);
  const { POST, box } = next;
  const call = (reference: string): Promise<Response> =>
    POST(new Request(`http://localhost/payments/${reference}/succeed`, { method: 'POST' }), { params: Promise.resolve({ reference }) });
  const reference = await shop.placeOrder();
  expect((await call(reference)).status).toBe(204);
  expect((await call(reference)).status).toBe(409);
  expect(await shop.box.drain()).toMatchObject({ completed: 1 });
  expect(await shop.fateOf(reference)).toBe('succeeded completed');

  await refuseCommits(shop.sql);
  const another = await shop.placeOrder();
  await expect(call(another)).rejects.toThrow();
  expect(await shop.emissions()).toBe(1);
  expect(await shop.fateOf(another)).toBe('initiated pending');

  // A hot reload evaluates the modules again, and finds the same box.
  vi.resetModules();
  await using again = await loadNext(shop.url);
  expect(again.box).toBe(box);
});

/** The module as Next loads it, with the box that it keeps. */
async function loadNext(url: string) {
  vi.stubEnv('DATABASE_URL', url);
  const { POST } = await import('../../examples/frameworks/next/route.ts');
  const { box } = await import('../../examples/frameworks/next/box.ts');
  const end = async (): Promise<void> => {
    vi.unstubAllEnvs();
    await box.close();
    await box.db.$client.end();
    delete (globalThis as { signalbox?: unknown }).signalbox;
  };
  return { POST, box, [Symbol.asyncDispose]: end };
}

interface Program {
  readonly child: ChildProcess;
  /** Resolves when it listens. */
  readonly port: Promise<number>;
  readonly ended: Promise<{ code: number | null; errors: string }>;
}

function startProgram(args: readonly string[], url: string): Program {
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', 'examples/frameworks/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, NODE_ENV: '', VITEST: '', NODE_OPTIONS: '', DATABASE_URL: url, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const errors = text(child.stderr);
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const firstLine = once(createInterface(child.stdout), 'line') as Promise<[line: string]>;
  return {
    child,
    port: Promise.race([
      firstLine.then(([line]) => Number(new URL(line).port)),
      closed.then(async () => Promise.reject(new Error(await errors))),
    ]),
    ended: closed.then(async ([code]) => ({ code, errors: await errors })),
  };
}

/** Whether the port is closed, or its server accepts no new request. */
async function refuses(port: number): Promise<boolean> {
  try {
    return (await health(port)).status === 503;
  } catch {
    return true;
  }
}
