// Workers that would sleep for long are notified: deliveries that are appended around the moment of falling asleep are
// found in time.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('waking.happened', z.object({}));

class Receiver {
  @OnSignal(happened, { transactional: false })
  static async receive(): Promise<void> {}
}

/** Longer than a test may take: a delivery that is found in time was not found by polling. */
const options = { pollInterval: '60s', concurrency: 2 } as const;

const flags = async ({ sql }: Harness): Promise<number> =>
  (
    await sql`
      select from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory' and l.classid = ${0x73_69_67_6f} and l.objid = 1`
  ).length;

const emit = async ({ db }: Pick<Harness, 'db'>): Promise<void> => db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));

test('a worker that sleeps sets its flag, and is notified', async () => {
  await using h = await harness({ services: [Receiver] });
  await using worker = h.box.worker(options);
  await worker.start();
  await expect.poll(() => flags(h)).toBe(1);
  for (let times = 0; times < 3; times++) {
    const completed = h.box.next('delivery.completed');
    await emit(h);
    await completed;
  }
});

test('a delivery that was appended before the flag was set, and committed after, is still found', async () => {
  await using h = await harness({ services: [Receiver] });
  await h.box.receivers.announce();
  const [appended, commit] = [new Latch(), new Latch()];
  const sender = h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, {});
    appended.open();
    await commit.opened;
  });
  await appended.opened;
  await using worker = h.box.worker(options);
  await worker.start();
  await expect.poll(() => flags(h)).toBe(1);
  const completed = h.box.next('delivery.completed');
  commit.open();
  await sender;
  await completed;
});

test('a worker whose session is lost sets its flag on the next one', async () => {
  await using h = await harness({ services: [Receiver] });
  await using worker = h.box.worker(options);
  await worker.start();
  await expect.poll(() => flags(h)).toBe(1);
  const [ended] = await h.sql`
    select pg_terminate_backend(l.pid, 5000) as ended from pg_locks l join pg_database d on d.oid = l.database
    where d.datname = current_database() and l.locktype = 'advisory' and l.classid = ${0x73_69_67_6f} and l.objid = 1`;
  expect(ended).toEqual({ ended: true });
  await expect.poll(() => flags(h)).toBe(1);
  const completed = h.box.next('delivery.completed');
  await emit(h);
  await completed;
});

test('a worker that has stopped leaves no flag', async () => {
  await using h = await harness({ services: [Receiver] });
  const worker = h.box.worker(options);
  await worker.start();
  await expect.poll(() => flags(h)).toBe(1);
  await worker.stop();
  await expect.poll(() => flags(h)).toBe(0);
});

test('a busy worker clears its flag, and sets it again when no delivery is left', async () => {
  await using h = await harness({ services: [Receiver] });
  await using worker = h.box.worker({ ...options, concurrency: 100 });
  await worker.start();
  await expect.poll(() => flags(h)).toBe(1);
  let done = 0;
  const all = h.box.next('delivery.completed', () => ++done === 10_000);
  await h.db.transaction(async (tx) => {
    await happened.emitMany(
      tx,
      Array.from({ length: 10_000 }, () => ({})),
    );
  });
  await expect.poll(() => flags(h), { interval: 1 }).toBe(0);
  await all;
  await expect.poll(() => flags(h)).toBe(1);
});
