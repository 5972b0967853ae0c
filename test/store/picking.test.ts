// A claim picks its rows before it updates any: whatever plan PostgreSQL makes of it, it takes no more than its limit.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, addWorker, openStore } from './rows.ts';

test('claim takes no more than its limit, also where every join is a nested loop', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  for (let times = 0; times < 12; times++) await addDelivery(h.sql, receiver);
  await h.sql`analyze signalbox.delivery`;
  let taken = 0;
  const claim = await h.hold(async (transaction, store) => {
    for (const plan of ['hashjoin', 'mergejoin', 'hashagg', 'sort', 'material', 'memoize'])
      await transaction.unsafe(`set local enable_${plan} = off`);
    taken = (await store.claim(worker, [{ receiverId: receiver, free: 3, version: 1 }], 3)).length;
  });
  await claim.commit();
  expect(taken).toBe(3);
  expect(await h.sql`select from signalbox.delivery where state = 'running'`).toHaveLength(3);
});
