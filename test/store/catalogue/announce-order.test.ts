// changeReceivers locks the rows that it changes in one order, whatever their order in the table and whatever the plan.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { receiversOf } from '../../../src/receivers/register.ts';
import { openStore } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

const happened = defineSignal('store.happened', z.object({ value: z.number() }));

class Both {
  @OnSignal(happened)
  static async one(): Promise<void> {}
  @OnSignal(happened)
  static async two(): Promise<void> {}
}

test('changed receivers that lie in the opposite order are locked by name, so that no deadlock arises', async () => {
  await using h = await openStore();
  const [one, two] = receiversOf([Both]).all;
  await h.store.catalogue.announce([one!, two!]);
  // Each update puts its row behind the others.
  for (const name of ['Both.two', 'Both.one']) await h.sql`update signalbox.receiver set queue = 'before' where name = ${name}`;
  let proceed: (() => Promise<unknown>) | undefined;
  const first = await h.hold(async (_transaction, store) => {
    await store.catalogue.announce([one!]);
    proceed = () => store.catalogue.announce([two!]);
  });
  const second = h.hold(async (transaction, store) => {
    for (const plan of ['nestloop', 'mergejoin', 'indexscan', 'bitmapscan']) await transaction.unsafe(`set local enable_${plan} = off`);
    await store.catalogue.announce([two!, one!]);
  });
  await untilBlocked(h.sql);
  await proceed!();
  await first.commit();
  await (await second).commit();
  const queues = await h.sql`select queue from signalbox.receiver`;
  expect(queues.map(({ queue }) => queue as string)).toEqual(['default', 'default']);
});
