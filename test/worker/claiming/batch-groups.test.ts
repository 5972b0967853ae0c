// Batches form in the queue of a worker, in tick and drain, in immediate mode, and with emit.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type BatchContext, type BatchItem, defineSignal, OnSignal } from '../../../src/index.ts';
import type { Receiver } from '../../../src/core/receivers.ts';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import { frontOf, groupsOf } from '../../../src/worker/claiming/batching.ts';
import { Prefetch } from '../../../src/worker/claiming/prefetch.ts';
import { serviceOrder } from '../../../src/worker/claiming/service-order.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../../support/effects.ts';
import { type Database, harness, type Harness } from '../../support/harness.ts';
import { inTime } from '../../support/in-time.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('groups.happened', z.object({ value: z.number() }));
type Item = BatchItem<{ value: number }>;

/** Receivers of batches of four, and of one. */
function receivers() {
  const calls: number[][] = [];
  const scripts: ((items: Item[], context: BatchContext) => unknown)[] = [];
  const singleScripts: (() => unknown)[] = [];
  class Receivers {
    @OnSignal(happened, { batch: 4 })
    static async batch(items: Item[], context: BatchContext): Promise<void> {
      calls.push(items.map(({ payload }) => payload.value));
      for (const script of scripts) await script(items, context);
    }

    @OnSignal(happened)
    static async single(): Promise<void> {
      for (const script of singleScripts) await script();
    }
  }
  return { Receivers, calls, scripts, singleScripts };
}

async function emit(db: Database, ...values: number[]): Promise<void> {
  await db.transaction(
    async (tx) =>
      void (await happened.emitMany(
        tx,
        values.map((value) => ({ value })),
      )),
  );
}

test('tick runs its deliveries in batches, and claims at least one whole batch', async () => {
  const { Receivers, calls } = receivers();
  await using h = await harness({ services: [Receivers] });
  await emit(h.db, 1, 2, 3, 4);
  expect(await h.box.worker({ concurrency: 1 }).tick()).toMatchObject({ completed: 4 });
  expect(calls.length).toBeLessThan(3);
});

test('drain runs all deliveries in batches, with no more concurrent calls than a worker', async () => {
  const { Receivers, calls, scripts, singleScripts } = receivers();
  let [now, most] = [0, 0];
  const count = async (): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  };
  scripts.push(count);
  singleScripts.push(count);
  await using h = await harness({ services: [Receivers] }, { max: 4 });
  await emit(h.db, ...Array.from({ length: 20 }, (_, index) => index));
  expect(await h.box.drain()).toMatchObject({ completed: 40 });
  expect(calls.flat()).toHaveLength(20);
  expect(calls.length).toBeLessThan(20);
  expect(most).toBeLessThanOrEqual(2);
});

test('immediate mode runs the deliveries of one level in batches', async () => {
  const { Receivers, calls } = receivers();
  await using h = await harness({ services: [Receivers], testing: 'immediate' });
  await emit(h.db, 1, 2, 3, 4, 5);
  expect(calls).toEqual([[1, 2, 3, 4], [5]]);
});

test('immediate mode reports an item that failed', async () => {
  const { Receivers, scripts } = receivers();
  scripts.push((items) => items[1]?.fail(new Error('the second')));
  await using h = await harness({ services: [Receivers], testing: 'immediate' });
  await expect(emit(h.db, 1, 2)).rejects.toMatchObject({ code: 'ReceiverFailed', details: { causes: [{ message: 'the second' }] } });
  expect((await readDeliveries(h.sql)).map(({ state }) => state)).toEqual(['completed', 'ready', 'completed', 'completed']);
});

async function withEffects(services: (new () => object)[]): Promise<Harness> {
  const h = await harness({ services });
  await createEffects(h.sql);
  return h;
}

test('emit calls a receiver of batches with a batch of one, in the transaction of the caller', async () => {
  const { Receivers, calls, scripts } = receivers();
  scripts.push(async ([item], { tx }) => tx.insert(effects).values({ receiver: 'emit', value: item!.payload.value }));
  await using h = await withEffects([Receivers]);
  await h.db.transaction(async (tx) => {
    await happened.emit(tx, { value: 1 });
    await happened.emit(tx, { value: 2 });
  });
  expect(calls).toEqual([[1], [2]]);
  expect(await readEffects(h.sql)).toEqual(['emit:1', 'emit:2']);
});

test('emit throws the error of a failed item and emitRobust returns it, with nothing written', async () => {
  const { Receivers, scripts } = receivers();
  scripts.push(async ([item], { tx }) => {
    await tx.insert(effects).values({ receiver: 'emit', value: 1 });
    item!.fail(new Error('given up'));
  });
  await using h = await withEffects([Receivers]);
  await expect(happened.emit(h.db, { value: 1 })).rejects.toThrow('given up');
  expect(await happened.emitRobust(h.db, { value: 1 })).toMatchObject([
    { receiver: 'Receivers.batch', status: 'rejected', reason: { message: 'given up' } },
    { receiver: 'Receivers.single', status: 'fulfilled' },
  ]);
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a worker runs the first deliveries at once, and batches those that come meanwhile', async () => {
  const { Receivers, calls, scripts } = receivers();
  const [first, go] = [new Latch(), new Latch()];
  scripts.push(async () => {
    first.open();
    await go.opened;
  });
  await using h = await harness({ services: [Receivers] });
  await using worker = h.box.worker({ concurrency: 1 });
  await worker.start();
  await emit(h.db, 1);
  await first.opened;
  await emit(h.db, 2, 3, 4);
  // The only slot is taken: the deliveries that are claimed ahead wait for it, and fill a batch.
  const running = async (): Promise<number> => (await h.sql`select from signalbox.delivery where state = 'running'`).length;
  await expect.poll(running, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
  go.open();
  let left = 8;
  await inTime(
    h.box.next('delivery.completed', () => --left === 1),
    'all but one delivery',
  );
  await worker.stop();
  expect(calls[0]).toEqual([1]);
  expect(calls.length).toBeLessThan(4);
});

const batching = { batch: 3 } as Receiver;
const single = {} as Receiver;
const deliver = (id: number, receiverId = 1, isSuspect = false): ClaimedDelivery =>
  ({ id: String(id), receiverId, isSuspect }) as ClaimedDelivery;
const receiverOf = ({ receiverId }: ClaimedDelivery): Receiver | undefined => (receiverId === 1 ? batching : single);
const idsOf = (groups: readonly (readonly ClaimedDelivery[])[]): string[] => groups.map((group) => group.map(({ id }) => id).join(' '));

test('a group is no larger than the batch of its receiver, may be collected from several places, and never has a suspect beside others', () => {
  const list = [deliver(1), deliver(2, 2), deliver(3), deliver(4, 1, true), deliver(5), deliver(6), deliver(7, 2)];
  expect(idsOf(groupsOf(list, receiverOf))).toEqual(['1 3 5', '2', '4', '6', '7']);
});

test('deliveries that a group skips in a queue keep their order; those of another kind do not join', () => {
  const queue = [deliver(1), deliver(2, 2), deliver(3), deliver(4, 1, true), deliver(5), deliver(6)].map((delivery) => ({ delivery }));
  const same = (): boolean => true;
  const { group, passed } = frontOf(queue, 0, receiverOf, same);
  expect(idsOf([group, passed].map((list) => list.map(({ delivery }) => delivery)))).toEqual(['1 3 5', '2 4']);
  expect(frontOf(queue, 3, receiverOf, same).group).toHaveLength(1);
  expect(frontOf(queue, 0, receiverOf, () => false).group).toHaveLength(1);
});

test('a worker wants one batch ahead from the start, and a claim takes a whole batch of a receiver', () => {
  expect(new Prefetch(1_000, 0, () => 50).target(10)).toBe(50);
  const entry = (id: number, batch?: number): [number, Receiver] => [id, { priority: 0, signal: { version: 1 }, batch } as Receiver];
  const entries = [entry(1, 50), ...Array.from({ length: 9 }, (_, index) => entry(index + 2))];
  expect(serviceOrder(entries, 60, 0).map(({ free }) => free)).toEqual([50, ...Array.from({ length: 9 }, () => 10)]);
});

test('only what runs for the first time shares a transaction, and no more than may', () => {
  const receiver = { batch: undefined } as Receiver;
  const front = (deliveries: Partial<ClaimedDelivery>[], most = 3): number[][] => {
    const queue = deliveries.map((one, index) => ({
      index,
      delivery: { isSuspect: false, attempt: 1, crashes: 0, ...one } as ClaimedDelivery,
    }));
    const { group, passed } = frontOf(
      queue,
      0,
      () => receiver,
      () => true,
      () => most,
    );
    return [group.map(({ index }) => index), passed.map(({ index }) => index)];
  };
  expect(front([{}, {}, {}, {}])).toEqual([[0, 1, 2], []]);
  expect(front([{}, { attempt: 2 }, { crashes: 1 }, {}])).toEqual([
    [0, 3],
    [1, 2],
  ]);
  expect(front([{ attempt: 2 }, {}])).toEqual([[0], []]);
  expect(front([{ crashes: 1 }, {}])).toEqual([[0], []]);
  expect(front([{}, {}], 1)).toEqual([[0], []]);
  // It does not look through a long queue of others for each of its own.
  expect(front([{}, ...Array.from({ length: 40 }, () => ({ attempt: 2 })), {}], 3)[0]).toEqual([0]);
});

test('what deliveries need to share transactions is held ahead, if it will be started soon', () => {
  const prefetch = new Prefetch(
    100,
    0,
    () => 0,
    () => 80,
  );
  prefetch.started(20);
  // One each ms: a tenth of a second of that is 100.
  expect(prefetch.target(20)).toBe(100);
  const slow = new Prefetch(
    1_000,
    0,
    () => 0,
    () => 80,
  );
  slow.started(10);
  expect(slow.target(100)).toBe(40);
  slow.started(100);
  expect(slow.target(400)).toBe(80);
});
