// The life of a worker: start, stop, sleep and wake-up, a lost lease, a database that restarts.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type DeliveryContext, type DetachedDeliveryContext, OnSignal, Service } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';
import { recordingLogger } from '../support/log.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { untilBlocked } from '../store/waits.ts';

const happened = defineSignal('life.happened', z.object({ value: z.number() }));

/** A receiver that opens `entered` when it runs, and returns when the test opens `gate` or its abort signal fires. */
function waiting() {
  const [entered, gate] = [new Latch(), new Latch()];
  /** The reason of the abort signal of the last run, if it fired. */
  const interruption: { reason?: unknown } = {};
  class Waiting {
    @OnSignal(happened, { transactional: false })
    static async receive(_payload: { value: number }, { abortSignal }: DetachedDeliveryContext): Promise<void> {
      entered.open();
      const aborted = new Promise<void>((resolve) => abortSignal.addEventListener('abort', () => resolve()));
      await Promise.race([gate.opened, aborted]);
      interruption.reason = abortSignal.reason;
    }
  }
  return { Waiting, entered, gate, interruption };
}

const emit = async (h: Harness, value = 1): Promise<void> =>
  h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value })));

const workers = async (h: Harness): Promise<number> => (await h.sql`select from signalbox.worker`).length;

test('an emit wakes a sleeping worker long before its next poll', async () => {
  const { Waiting, gate } = waiting();
  gate.open();
  await using h = await harness({ services: [Waiting] });
  await using worker = h.box.worker({ pollInterval: '1h' });
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  const completed = h.box.next('delivery.completed');
  await emit(h);
  await completed;
});

test('a lost notification costs no more than the poll interval', async () => {
  const { Waiting, gate } = waiting();
  gate.open();
  await using h = await harness({ services: [Waiting] });
  await using worker = h.box.worker({ pollInterval: 50 });
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  const completed = h.box.next('delivery.completed');
  // A delivery that becomes due sends no notification.
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 }, { delay: 20 })));
  await completed;
});

test('a stop waits for running receivers, claims nothing more, and leaves no row of the worker', async () => {
  const { Waiting, entered, gate } = waiting();
  await using h = await harness({ services: [Waiting] });
  await using worker = h.box.worker({ concurrency: 1 });
  await worker.start();
  await emit(h, 1);
  await entered.opened;
  await emit(h, 2);
  const stopping = h.box.next('worker.stopping');
  const stopped = worker.stop();
  expect(await stopping).toMatchObject({ running: 1 });
  gate.open();
  await stopped;
  const ended = (await readDeliveries(h.sql)).map(({ state, attempt }) => `${state} ${attempt}`);
  expect(new Set(ended)).toEqual(new Set(['completed 1', 'ready 0']));
  expect(await workers(h)).toBe(0);
  await expect(worker.start()).rejects.toMatchObject({ code: 'WorkerBusy' });
});

test('a receiver that still runs at the shutdown timeout is interrupted, and its delivery is released without losing an attempt', async () => {
  const { Waiting, entered, gate, interruption } = waiting();
  await using h = await harness({ services: [Waiting] });
  await using worker = h.box.worker({ shutdownTimeout: 20 });
  await worker.start();
  await emit(h);
  await entered.opened;
  const released = h.box.next('delivery.released');
  await worker.stop();
  await released;
  expect(interruption.reason).toMatchObject({ code: 'DeliveryAborted' });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0, epoch: 2, crashes: 0 }]);
  gate.open();
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
});

test('a forced stop does not wait at all, and closing a box stops its workers', async () => {
  const { Waiting, entered, gate } = waiting();
  await using h = await harness({ services: [Waiting] });
  const worker = h.box.worker();
  await worker.start();
  await emit(h);
  await entered.opened;
  const patient = worker.stop();
  await worker.stop({ force: true });
  await patient;
  const second = h.another();
  const worker2 = second.worker();
  await worker2.start();
  gate.open();
  await second.close();
  expect(await workers(h)).toBe(0);
});

test('a worker that is stopped while it starts stops once it has started', async () => {
  const { Waiting } = waiting();
  await using h = await harness({ services: [Waiting] });
  const worker = h.box.worker();
  const started = worker.start();
  await worker.stop();
  await started;
  expect(await workers(h)).toBe(0);
});

test('a worker that is stopped while its start fails has nothing to stop', async () => {
  const { Waiting } = waiting();
  await using h = await harness({ services: [Waiting] });
  await h.sql`drop table signalbox.worker cascade`;
  const worker = h.box.worker();
  const started = worker.start();
  await Promise.all([expect(started).rejects.toMatchObject({ code: 'MigrationMissing' }), worker.stop()]);
});

test('a forced stop does not wait for a query that does not end', async () => {
  class Stuck {
    @OnSignal(happened)
    static async receive(_payload: { value: number }, { tx }: DeliveryContext): Promise<void> {
      await tx.execute(sql`select pg_advisory_xact_lock(1)`);
    }
  }
  await using h = await harness({ services: [Stuck] });
  await h.sql.begin(async (blocker) => {
    await blocker`select pg_advisory_xact_lock(1)`;
    const worker = h.box.worker();
    await worker.start();
    await emit(h);
    await untilBlocked(h.sql);
    await worker.stop({ force: true });
    // The transaction lives on in the database, so no other worker can claim the delivery yet.
    expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'running', attempt: 1 }]);
    const [held] = await h.sql<{ over: boolean }[]>`select lease_until <= now() as over from signalbox.worker`;
    expect(held).toEqual({ over: true });
  });
});

test('a worker that others declared dead continues under a new id, and its late outcome is void', async () => {
  const { Waiting, entered, gate } = waiting();
  await using h = await harness({ services: [Waiting] });
  await using worker = h.box.worker({ lease: '1s' });
  await worker.start();
  await emit(h);
  await entered.opened;
  const lost = h.box.next('worker.lost');
  const stale = h.box.next('delivery.stale');
  const other = h.another({ services: [] });
  // Released by the other, or by the worker itself if it notices first.
  const rescued = Promise.race([other.next('delivery.rescued'), h.box.next('delivery.rescued')]);
  // As if the worker had been cut off, and declared dead before it could renew: another reclaims its deliveries.
  await h.sql`update signalbox.worker set lost_at = now(), lease_until = now() - interval '1 second'`;
  expect(await other.worker().tick()).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 0 });
  expect(await rescued).toMatchObject({ crashes: 1, epoch: 2 });
  await lost;
  const again = h.box.next('delivery.completed');
  gate.open();
  expect(await stale).toMatchObject({ epoch: 1 });
  expect(await again).toMatchObject({ attempt: 1, epoch: 3 });
});

test(
  'a worker survives a restart of its database: one log line for the loss, one for the return, and notifications as before',
  { timeout: 60_000 },
  async () => {
    const { Waiting, gate } = waiting();
    gate.open();
    await using server = await launchPostgres();
    const admin = postgres(server.url, { max: 1, onnotice: () => {} });
    await migrate(drizzle({ client: admin }), { migrationsFolder: 'examples/shop/migrations' });
    await admin.end();
    const { log, lines } = recordingLogger();
    const client = postgres(server.url, { max: 5, backoff: () => 0.05 });
    const db = drizzle({ client });
    const box = createSignalbox({ db, services: [Waiting], log });
    const worker = box.worker({ lease: '1s', pollInterval: '1h' });
    await worker.start();
    const failing = box.next('worker.failing');
    const recovered = box.next('worker.recovered');
    await server.restart();
    await failing;
    await recovered;
    const completed = box.next('delivery.completed');
    const send = async (): Promise<unknown> => db.transaction(async (tx) => happened.emitReliable(tx, { value: 1 }));
    // The sender's own connection may report the end of the old session once.
    await send().catch(send);
    await completed;
    await box.close();
    // postgres.js waits for ever for a connection that it lost in a restart.
    await client.end({ timeout: 1 });
    const changes = lines.filter(({ message }) => /^the worker can(not)? do its work/.test(message ?? ''));
    expect(changes.length % 2).toBe(0);
    expect(changes.slice(0, 2).map(({ level }) => level)).toEqual(['error', 'info']);
  },
);

test('a worker whose database cannot be reached rejects its start with that error', async () => {
  const { Waiting } = waiting();
  const client = postgres('postgres://nobody:nothing@127.0.0.1:9/none', { max: 5, connect_timeout: 2, backoff: () => 0 });
  const box = createSignalbox({ db: drizzle({ client }), services: [Waiting], log: false });
  await expect(box.worker().start()).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  await box.close();
  await client.end({ timeout: 0 });
});

test('a class with receivers that the box was not given is named in a warning', async () => {
  const { Waiting } = waiting();
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Waiting], log });
  @Service()
  class Forgotten {
    @OnSignal(happened)
    async receive(): Promise<void> {}
  }
  expect(Forgotten.name).toBe('Forgotten');
  h.box.worker();
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: expect.stringContaining('Forgotten') as string }));
});

test('tick claims once and leaves nothing behind', async () => {
  const { Waiting, gate } = waiting();
  gate.open();
  await using h = await harness({ services: [Waiting] });
  expect(await h.box.worker().tick()).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 0 });
  await emit(h, 1);
  await emit(h, 2);
  expect(await h.box.worker().tick()).toMatchObject({ completed: 2 });
  expect(await workers(h)).toBe(0);
  const started = h.box.worker();
  await started.start();
  await expect(started.tick()).rejects.toMatchObject({ code: 'WorkerBusy' });
});
