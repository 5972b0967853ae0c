// A claim picks its rows before it updates any of them: whatever the plan of PostgreSQL, it takes no more than its
// limit.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, addWorker, openStore } from '../rows.ts';

test('claim takes no more than its limit, even if every join is a nested loop', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  for (let times = 0; times < 12; times++) await addDelivery(h.sql, receiver);
  await h.sql`analyze signalbox.delivery`;
  let taken = 0;
  const claim = await h.hold(async (transaction, store) => {
    for (const plan of ['hashjoin', 'mergejoin', 'hashagg', 'sort', 'material', 'memoize'])
      await transaction.unsafe(`set local enable_${plan} = off`);
    taken = (await store.deliveries.claim(worker, [{ receiverId: receiver, free: 3, version: 1 }], 3)).length;
  });
  await claim.commit();
  expect(taken).toBe(3);
  expect(await h.sql`select from signalbox.delivery where state = 'running'`).toHaveLength(3);
});

test('claim takes the deliveries first that have been due the longest, even if no index gives the order', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  const ids: string[] = [];
  for (const dueInSeconds of [-5, -50, -500]) ids.push(await addDelivery(h.sql, receiver, { dueInSeconds }));
  const taken: string[] = [];
  const claim = await h.hold(async (transaction, store) => {
    for (const plan of ['indexscan', 'bitmapscan', 'indexonlyscan']) await transaction.unsafe(`set local enable_${plan} = off`);
    for (let times = 0; times < 2; times++)
      taken.push(...(await store.deliveries.claim(worker, [{ receiverId: receiver, free: 1, version: 1 }], 1)).map(({ id }) => id));
  });
  await claim.commit();
  expect(taken).toEqual([ids[2], ids[1]]);
});
