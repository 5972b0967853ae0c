// captured, the emissions of a block of a test, and testing 'capture', in which nothing is stored.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { captured } from '../../src/testing.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';

const paid = defineSignal(
  'captured.paid',
  z.object({
    order: z.int(),
    at: z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
  }),
);
const shipped = defineSignal('captured.shipped', z.object({ order: z.int() }));
const AT = new Date('2026-01-02T03:04:05.000Z');

class Shop {
  static ran: number[] = [];

  @OnSignal(paid)
  static async ship({ order }: { order: number }, { tx }: DeliveryContext): Promise<void> {
    Shop.ran.push(order);
    await shipped.emitReliable(tx, { order });
  }

  @OnSignal(shipped)
  static tell(): void {}
}

const pay = (h: Pick<Harness, 'db'>, order: number): Promise<unknown> =>
  h.db.transaction(async (tx) => paid.emitReliable(tx, { order, at: AT }, { headers: { tenant: 'acme' } }));

const failing = async (work: () => Promise<unknown>): Promise<void> => expect(work()).rejects.toThrow('undo');

test('captured has the emissions of the block, as receivers get them, in their order', async () => {
  await using h = await harness({ services: [Shop], testing: 'manual' });
  await pay(h, 0);
  const seen = await captured(async () => {
    await pay(h, 1);
    await h.db.transaction(async (tx) => shipped.emitMany(tx, [{ order: 2 }, { order: 3 }]));
  });
  await pay(h, 4);
  expect(seen.all.map(({ signal, payload }) => [signal, payload])).toEqual([
    ['captured.paid', { order: 1, at: AT }],
    ['captured.shipped', { order: 2 }],
    ['captured.shipped', { order: 3 }],
  ]);
  expect(seen.of(paid)).toMatchObject([
    { headers: { tenant: 'acme' }, deliveries: 1, emissionId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ]);
  expect(seen.payloads(shipped)).toEqual([{ order: 2 }, { order: 3 }]);
});

test('captured has no emission that was rolled back with its savepoint, its transaction, or at its COMMIT', async () => {
  await using h = await harness({ services: [Shop], testing: 'manual' });
  await h.sql`create table once (id int unique deferrable initially deferred)`;
  await h.sql`insert into once values (1)`;
  const seen = await captured(async () => {
    await h.db.transaction(async (tx) => {
      await shipped.emitReliable(tx, { order: 1 });
      await failing(() =>
        tx.transaction(async (savepoint) => {
          await savepoint.transaction(async (inner) => shipped.emitReliable(inner, { order: 2 }));
          throw new Error('undo');
        }),
      );
    });
    await failing(() =>
      h.db.transaction(async (tx) => {
        await shipped.emitReliable(tx, { order: 3 });
        throw new Error('undo');
      }),
    );
    await expect(
      h.db.transaction(async (tx) => {
        await shipped.emitReliable(tx, { order: 4 });
        await tx.execute('insert into once values (1)');
      }),
    ).rejects.toThrow();
  });
  expect(seen.payloads(shipped)).toEqual([{ order: 1 }]);
});

test.each(['immediate', 'manual'] as const)(
  '%s: the emissions of receivers of the block belong to it, and to no block beside it',
  async (testing) => {
    await using h = await harness({ services: [Shop], testing });
    const block = (order: number) =>
      captured(async () => {
        await pay(h, order);
        if (testing === 'manual') await h.box.drain();
      });
    const [one, two] = testing === 'immediate' ? await Promise.all([block(1), block(2)]) : [await block(1), await block(2)];
    expect(one.payloads(shipped)).toEqual([{ order: 1 }]);
    expect(two.payloads(shipped)).toEqual([{ order: 2 }]);
    expect([one.of(paid).length, two.of(paid).length]).toEqual([1, 1]);
  },
);

test('capture stores nothing and runs nothing, inside a transaction that the test rolls back', async () => {
  Shop.ran = [];
  await using h = await harness({ services: [Shop], testing: 'capture' });
  await failing(() =>
    h.db.transaction(async (tx) => {
      const seen = await captured(() => tx.transaction(async (inner) => paid.emitReliable(inner, { order: 7, at: AT })));
      expect(seen.of(paid)).toMatchObject([{ payload: { order: 7, at: AT }, deliveries: 0 }]);
      throw new Error('undo');
    }),
  );
  await pay(h, 8);
  expect(await h.sql`select from signalbox.receiver`).toHaveLength(0);
  await using worker = h.box.worker();
  await worker.start();
  expect(Shop.ran).toEqual([]);
  expect(await readDeliveries(h.sql)).toEqual([]);
  expect(await h.sql`select from signalbox.emission`).toHaveLength(0);
  await expect(h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 'x' } as never))).rejects.toMatchObject({
    code: 'InvalidPayload',
  });
});

test('capture needs no tables', async () => {
  await using h = await harness({ testing: 'manual' });
  await h.sql`drop schema signalbox cascade`;
  const db = drizzle({ client: h.sql });
  await using box = createSignalbox({ db, services: [Shop], testing: 'capture', log: false });
  const seen = await captured(() => box.db.transaction(async (tx) => paid.emitReliable(tx, { order: 9, at: AT })));
  expect(seen.payloads(paid)).toEqual([{ order: 9, at: AT }]);
});

test('captured is refused where it would see no box', async () => {
  await using h = await harness({ services: [Shop] });
  await expect(captured(() => pay(h, 1))).rejects.toMatchObject({ code: 'InvalidOption', message: expect.stringContaining('`testing`') });
  expect(await readDeliveries(h.sql)).toEqual([]);
});
