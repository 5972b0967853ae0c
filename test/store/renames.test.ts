// Renamed receivers: rows under an old name reach the new method, and nobody gets an emission twice.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type TransactionHandle } from '../../src/index.ts';
import { readDeliveries } from '../support/effects.ts';
import { harness, type Harness } from '../support/harness.ts';

const happened = defineSignal('renames.happened', z.object({ value: z.number() }));

let calls: string[] = [];

class Before {
  @OnSignal(happened, { name: 'Order.onPaid' })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`before:${value}`);
  }
}

class After {
  @OnSignal(happened, { name: 'Order.onPaymentCompleted', formerly: ['Order.onPaid'] })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`after:${value}`);
  }
}

class AfterAll {
  @OnSignal(happened, { name: 'Orders.complete', formerly: ['Order.onPaid', 'Order.onPaymentCompleted'] })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`after all:${value}`);
  }
}

async function emit(from: Pick<Harness, 'db'> | Harness['box'], value: number): Promise<number> {
  return from.db.transaction(async (tx: TransactionHandle) => (await happened.emitReliable(tx, { value })).deliveries);
}

test('what was stored under the old name is run by the renamed method', async () => {
  calls = [];
  await using h = await harness({ services: [Before] });
  await emit(h, 1);
  const renamed = h.another({ services: [After] });
  expect(await renamed.drain()).toMatchObject({ completed: 1 });
  expect(calls).toEqual(['after:1']);
});

test('while old and new processes run side by side, an emission has one delivery, whoever emits', async () => {
  calls = [];
  await using h = await harness({ services: [Before] });
  await h.box.drain();
  const renamed = h.another({ services: [After] });
  await renamed.drain();
  expect([await emit(h, 1), await emit(renamed, 2)]).toEqual([1, 1]);
  expect(new Set((await readDeliveries(h.sql)).map(({ receiver }) => receiver))).toEqual(new Set(['Order.onPaymentCompleted']));
  // The old worker has no code for the new name: it burns nothing.
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  expect(await renamed.drain()).toMatchObject({ completed: 2 });
  expect(calls).toEqual(['after:1', 'after:2']);
});

test('a second rename that lists all former names inherits from all of them', async () => {
  calls = [];
  await using h = await harness({ services: [Before] });
  await emit(h, 1);
  const second = h.another({ services: [After] });
  await second.drain({ ahead: 0 });
  await emit(second, 2);
  const third = h.another({ services: [AfterAll] });
  await third.drain();
  expect([await emit(h, 3), await emit(second, 4), await emit(third, 5)]).toEqual([1, 1, 1]);
  await third.drain();
  expect(calls.toSorted()).toEqual(['after all:2', 'after all:3', 'after all:4', 'after all:5', 'after:1']);
});

test('a former name that was forgotten is added later: retired, and cancelled where the new name has its own, nothing runs twice', async () => {
  calls = [];
  class Forgetful {
    @OnSignal(happened, { name: 'Order.onPaymentCompleted' })
    static async receive({ value }: { value: number }): Promise<void> {
      calls.push(`forgetful:${value}`);
    }
  }
  await using h = await harness({ services: [Before] });
  await emit(h, 1);
  const renamed = h.another({ services: [Forgetful] });
  await renamed.drain();
  expect(await emit(renamed, 2)).toBe(2);
  await renamed.drain();
  await h.sql`update signalbox.receiver set retired_at = now() where name = 'Order.onPaid'`;
  expect(await emit(renamed, 3)).toBe(1);
  for (const { emissionId } of await renamed.deliveries.find({ receiver: 'Order.onPaid', states: ['ready'] }))
    if ((await renamed.deliveries.find({ emissionId, receiver: 'Order.onPaymentCompleted' })).length > 0)
      await renamed.deliveries.cancel({ emissionId, receiver: 'Order.onPaid' }, 'renamed');
  await h.another({ services: [After] }).drain();
  expect(calls.toSorted()).toEqual(['after:1', 'after:3', 'forgetful:2']);
});

test('an old row that appears after the new process has started is found when it refreshes', async () => {
  calls = [];
  await using h = await harness({ services: [After] });
  await h.box.drain();
  const old = h.another({ services: [Before] });
  await old.drain();
  const [row] = await h.sql<{ id: number }[]>`select id from signalbox.receiver where name = 'Order.onPaid'`;
  // As an emitter whose snapshot is older than the new name would store it.
  await emit(h, 1);
  await h.sql`update signalbox.delivery set receiver_id = ${row!.id}`;
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  const restarted = h.another({ services: [After] });
  expect(await restarted.drain()).toMatchObject({ completed: 1 });
});

test('two receivers that name each other as their former selves both get an emission, rather than none', async () => {
  await using h = await harness({ services: [After] });
  await h.box.drain();
  await h.sql`insert into signalbox.receiver (name, signal, formerly, queue, priority, last_seen_at)
    values ('Order.onPaid', 'renames.happened', '{Order.onPaymentCompleted}', 'default', 0, now())`;
  expect(await emit(h, 1)).toBe(2);
});

test('a former name that another receiver still has is refused', async () => {
  await using h = await harness();
  expect(() => h.another({ services: [Before, After] })).toThrow(
    expect.objectContaining({ code: 'ReceiverNameTaken', message: expect.stringContaining('Order.onPaid') as string }),
  );
});
