// Leases, the verdict that a worker is dead, and what is taken back from it.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, addWorker, openStore, settleFirst, stateOf } from './rows.ts';

const RUNNING = { state: 'running', epoch: 1, attempt: 1 } as const;

test('a lease can be renewed until others have found it over', async () => {
  await using h = await openStore();
  const [alive, missed, lost] = [
    await addWorker(h.sql),
    await addWorker(h.sql, { leaseSeconds: -5 }),
    await addWorker(h.sql, { leaseSeconds: -5, lost: true }),
  ];
  expect(await Promise.all([alive, missed, lost, 12_345].map((id) => h.store.renewLease(id, 60_000)))).toEqual([true, true, false, false]);
  const over = await h.sql`select id from signalbox.worker where lease_until < now() + interval '50 seconds'`;
  expect(over.map(({ id }) => id as number)).toEqual([lost]);
});

test('what a dead worker ran is ready again: the epoch goes up, the attempt is refunded, the crash is counted', async () => {
  await using h = await openStore();
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...RUNNING, worker: dead });
  expect(await h.store.rescue()).toMatchObject([{ id, epoch: 2, crashes: 1 }]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
  expect(await h.store.rescue()).toEqual([]);
});

test('a worker whose lease holds is left alone, and so is what it runs', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: await addWorker(h.sql) });
  expect(await h.store.rescue()).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
  expect(await h.sql`select from signalbox.worker`).toHaveLength(1);
});

test('a delivery that is no longer running is not taken from anybody', async () => {
  await using h = await openStore();
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'ready', epoch: 1, worker: dead });
  expect(await h.store.rescue()).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('ready 1/0/0');
});

test('a delivery in an open transaction of its receiver is left until that ends, and its worker is remembered', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const live = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const other = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const transaction = await h.hold((tx, store) => settleFirst(tx, store, { id: live, epoch: 1 }, 5_000));
  expect((await h.store.rescue()).map(({ id }) => id)).toEqual([other]);
  const lost = await h.sql`select lost_at::text from signalbox.worker`;
  expect(lost).toHaveLength(1);
  // The verdict is not given again.
  expect(await h.store.rescue()).toEqual([]);
  expect([...(await h.sql`select lost_at::text from signalbox.worker`)]).toEqual([...lost]);
  await transaction.rollback();
  expect((await h.store.rescue()).map(({ id }) => id)).toEqual([live]);
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('a worker that claims at this moment is not declared dead, and others are, without waiting', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [claiming, dead] = [await addWorker(h.sql, { leaseSeconds: 1 }), await addWorker(h.sql, { leaseSeconds: -1 })];
  const id = await addDelivery(h.sql, receiver);
  const claim = await h.hold((_transaction, store) => store.claim(claiming, [{ receiverId: receiver, free: 1, version: 1 }], 1));
  // The lease runs out while the claim is under way.
  await h.sql`select pg_sleep(1.1)`;
  const left = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  expect((await h.store.rescue()).map((rescued) => rescued.id)).toEqual([left]);
  await claim.commit();
  expect((await h.store.rescue()).map((rescued) => rescued.id)).toEqual([id]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
});

test('two rescues at the same time share what there is', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const ids: string[] = [];
  for (let times = 0; times < 30; times++) ids.push(await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead }));
  const rescued = (await Promise.all([h.store.rescue(), h.store.rescue(), h.store.rescue()])).flat();
  expect(rescued.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(ids);
  for (const id of ids) expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
});

test('a worker that resigns is gone; one that still holds something leaves it to the others at once', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [idle, busy] = [await addWorker(h.sql), await addWorker(h.sql)];
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: busy });
  await addDelivery(h.sql, receiver, { state: 'ready', worker: idle });
  await h.store.resignWorker(idle);
  await h.store.resignWorker(busy);
  expect((await h.sql`select id from signalbox.worker`).map((row) => row['id'] as number)).toEqual([busy]);
  expect((await h.store.rescue()).map((rescued) => rescued.id)).toEqual([id]);
});

test('a new worker has its lease from the start', async () => {
  await using h = await openStore();
  const id = await h.store.enrolWorker('host:1', 30_000);
  const [row] =
    await h.sql`select label, lost_at, lease_until between now() + interval '25 seconds' and now() + interval '31 seconds' as leased
    from signalbox.worker where id = ${id}`;
  expect(row).toEqual({ label: 'host:1', lost_at: null, leased: true });
});
