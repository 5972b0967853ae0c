// Deliveries that wait for receivers that a process does not have.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, openStore } from '../rows.ts';

test('deliveries that have waited long enough are reported for each receiver that the process does not have', async () => {
  await using h = await openStore();
  const [own, other, idle] = [
    await addReceiver(h.sql, 'Own.receive'),
    await addReceiver(h.sql, 'Other.receive'),
    await addReceiver(h.sql, 'Idle.receive'),
  ];
  for (const receiver of [own, other, other]) await addDelivery(h.sql, receiver, { dueInSeconds: -30 });
  const waiting = { name: 'Other.receive', signal: 'store.happened', waiting: 2 };
  expect(await h.store.catalogue.waiting([own], 20)).toEqual([waiting]);
  expect(await h.store.catalogue.waiting([own, other, idle], 20)).toEqual([]);
  expect(await h.store.catalogue.waiting([own], 40)).toEqual([]);
  expect(await h.store.catalogue.waiting([], 20)).toEqual([waiting, { ...waiting, name: 'Own.receive', waiting: 1 }]);
});
