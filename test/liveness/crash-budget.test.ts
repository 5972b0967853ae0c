// The option crashBudget: the refused values, and the effect of values other than the default.
// test/store/workers/crashes.test.ts tests the default, statement by statement; test/crash/poison.system.test.ts tests
// it with processes that die.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal } from '../../src/index.ts';
import { addDelivery, addReceiver, addWorker, openStore, type StoreHarness } from '../store/rows.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { readErrors } from '../support/effects.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('crash-budget.happened', z.object({}));

class Receiver {
  @OnSignal(happened, { name: 'Receiver.receive' })
  static async receive(): Promise<void> {}
}

/** The client connects when it is used. */
const unused = (): ReturnType<typeof drizzle> => drizzle({ client: postgres('postgres://nobody@127.0.0.1:1/nothing') });

test.each([0, -1, 101, 1.5, NaN, Infinity, '3', null])('a crash budget of %j is refused', (crashBudget) => {
  expect(() => createSignalbox({ db: unused(), crashBudget: crashBudget as number })).toThrow(
    expect.objectContaining({
      code: 'InvalidOption',
      message: expect.stringContaining(
        `createSignalbox: crashBudget is ${typeof crashBudget === 'string' ? '"3"' : crashBudget}. Give a whole number from 1 to 100.`,
      ) as string,
    }),
  );
});

test.each([1, 100, undefined])('a crash budget of %j is accepted', async (crashBudget) => {
  await using _box = createSignalbox({ db: unused(), log: false, ...(crashBudget !== undefined && { crashBudget }) });
});

test.each<[budget: number | undefined, crashes: number, left: string]>([
  [1, 0, 'dead 1'],
  [undefined, 0, 'completed 1'],
  [undefined, 2, 'dead 3'],
  [5, 2, 'completed 3'],
  [5, 3, 'completed 4'],
  [5, 4, 'dead 5'],
])('with a budget of %j, a delivery of %j crashes that kills one more worker, which ran nothing else, is then %s', async (...row) => {
  const [budget, crashes, left] = row;
  await using h = await harness({ services: [Receiver], ...(budget !== undefined && { crashBudget: budget }) });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  const worker = await addWorker(h.sql, { leaseSeconds: -1 });
  await h.sql`update signalbox.delivery set state = 'running', epoch = 1, attempt = 1, crashes = ${crashes}, worker_id = ${worker}`;
  await h.box.worker().tick();
  expect((await readDeliveries(h.sql)).map((delivery) => `${delivery.state} ${delivery.crashes}`)).toEqual([left]);
  expect((await readErrors(h.sql)).length).toBe(left.startsWith('dead') ? 1 : 0);
});

/** Claims like a worker that runs nothing, and returns the crashes of the claimed deliveries. */
async function claimed(h: StoreHarness, receiverId: number, worker: number): Promise<string[]> {
  const taken = await h.store.deliveries.claim(worker, [{ receiverId, free: 9, version: 1 }], 9, { suspects: true });
  return taken.map(({ crashes, isSuspect }) => `${crashes}${isSuspect ? ' alone' : ''}`);
}

test.each<[budget: number, beside: string[], alone: string]>([
  [1, ['0'], '1 alone'],
  [2, ['0'], '1 alone'],
  [5, ['0', '1', '2', '3'], '4 alone'],
])('with a budget of %d, deliveries with at least two crashes less than that run beside others, and the rest run alone', async (...row) => {
  const [crashBudget, beside, alone] = row;
  await using h = await openStore({ crashBudget });
  const [receiver, worker] = [await addReceiver(h.sql), await addWorker(h.sql)];
  for (let crashes = 0; crashes <= beside.length; crashes++) {
    const id = await addDelivery(h.sql, receiver);
    await h.sql`update signalbox.delivery set crashes = ${crashes} where id = ${id}`;
  }
  expect(await claimed(h, receiver, worker)).toEqual(beside);
  expect(await h.store.deliveries.hasSuspect([{ receiverId: receiver, free: 1, version: 1 }])).toBe(true);
  expect(await claimed(h, receiver, worker)).toEqual([alone]);
});

test('with a budget of 1, a delivery that ran beside others has one more chance, alone', async () => {
  await using h = await openStore({ crashBudget: 1 });
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql, { leaseSeconds: -1 });
  const running = { state: 'running', epoch: 1, attempt: 1, worker } as const;
  for (let times = 0; times < 2; times++) await addDelivery(h.sql, receiver, running);
  expect((await h.store.workers.rescue()).map(({ dead }) => dead)).toEqual([undefined, undefined]);
  expect(await claimed(h, receiver, await addWorker(h.sql))).toEqual(['1 alone']);
});
