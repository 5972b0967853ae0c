// Races of statements: one has read, waits for a lock, and finds the rows changed.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ClaimRef } from '../../src/store/deliveries/claim.ts';
import type { SettleItem } from '../../src/store/deliveries/deliveries.ts';
import type { Store } from '../../src/store/store.ts';
import { type AnySql, addDelivery, addReceiver, addWorker, openStore, settleFirst, stateOf, WORKER } from './rows.ts';
import { untilBlocked } from './waits.ts';

const RUNNING = { state: 'running', epoch: 1, attempt: 1 } as const;

type Take = (store: Store, sql: AnySql, workerId: number, receiverId: number) => Promise<string[]>;

const takers: [name: string, take: Take][] = [
  [
    'claim',
    async (store, _sql, workerId, receiverId) =>
      (await store.deliveries.claim(workerId, [{ receiverId, free: 5, version: 1 }], 5)).map(({ id }) => id),
  ],
  [
    'claimEmissions',
    async (store, sql, workerId, receiverId) => {
      const emissions = await sql<{ id: string }[]>`select id from signalbox.emission`;
      const claimable = [{ receiverId, free: 5, version: 1 }];
      return (
        await store.deliveries.claimEmissions(
          workerId,
          claimable,
          emissions.map(({ id }) => id),
        )
      ).map(({ id }) => id);
    },
  ],
];

test.each(takers)('a %s that waited does not take deliveries that another has taken meanwhile', async (_name, take) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [slow, quick] = [await addWorker(h.sql), await addWorker(h.sql)];
  const [taken, free] = [await addDelivery(h.sql, receiver), await addDelivery(h.sql, receiver)];
  const verdict = await h.hold((transaction) => transaction`select from signalbox.worker where id = ${slow} for update`);
  const claimed = take(h.store, h.sql, slow, receiver);
  await untilBlocked(h.sql);
  // Now the slow one's snapshot shows both deliveries as ready.
  expect(await h.store.deliveries.claim(quick, [{ receiverId: receiver, free: 1, version: 1 }], 1)).toMatchObject([{ id: taken }]);
  await verdict.rollback();
  expect(await claimed).toEqual([free]);
  const rows = await h.sql`select worker_id, epoch from signalbox.delivery order by id`;
  expect([...rows]).toEqual([
    { worker_id: quick, epoch: 1 },
    { worker_id: slow, epoch: 1 },
  ]);
});

test.each(takers)('a worker renews its lease while its own %s is under way', async (_name, take) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  // A claim that finds nothing takes no lock, either.
  const id = await addDelivery(h.sql, receiver);
  let taken: string[] = [];
  const claim = await h.hold(async (transaction, store) => (taken = await take(store, transaction, worker, receiver)));
  expect(taken).toEqual([id]);
  expect(await h.store.workers.renew(worker, 60_000)).toBeDefined();
  await claim.commit();
});

test.each(takers)(
  'a worker that resigns while its own %s is under way is kept until the deliveries of that claim are reclaimed',
  async (_name, take) => {
    await using h = await openStore();
    const receiver = await addReceiver(h.sql);
    const worker = await addWorker(h.sql);
    const id = await addDelivery(h.sql, receiver);
    const claim = await h.hold((transaction, store) => take(store, transaction, worker, receiver));
    const resigned = h.store.workers.resign(worker);
    await untilBlocked(h.sql);
    await claim.commit();
    await resigned;
    expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
    expect(await h.store.workers.rescue()).toMatchObject([{ id, epoch: 2 }]);
    expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
  },
);

test.each(takers)('a %s that waits while its worker resigns takes nothing', async (_name, take) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, receiver);
  const resignation = await h.hold((_transaction, store) => store.workers.resign(worker));
  const taken = take(h.store, h.sql, worker, receiver);
  await untilBlocked(h.sql);
  await resignation.commit();
  expect(await taken).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('ready 0/0/0');
});

test('a worker that renews its expired lease at this moment is not declared dead', async () => {
  await using h = await openStore();
  const worker = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...RUNNING, worker });
  const renewal = await h.hold((_transaction, store) => store.workers.renew(worker, 60_000));
  expect(await h.store.workers.rescue()).toEqual([]);
  await renewal.commit();
  expect(await h.store.workers.rescue()).toEqual([]);
  expect(await h.store.workers.renew(worker, 60_000)).toBeDefined();
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
});

test('a renewal that waits while its worker is judged fails if that worker is declared dead', async () => {
  await using h = await openStore();
  const worker = await addWorker(h.sql, { leaseSeconds: -1 });
  await addDelivery(h.sql, await addReceiver(h.sql), { ...RUNNING, worker });
  // Its delivery is in an open transaction, so that its row stays.
  const receiver = await h.hold((transaction) => transaction`select from signalbox.delivery for update`);
  const verdict = await h.hold((_transaction, store) => store.workers.rescue());
  const renewed = h.store.workers.renew(worker, 60_000);
  await untilBlocked(h.sql);
  await verdict.commit();
  expect(await renewed).toBeUndefined();
  await receiver.rollback();
});

const retry: SettleItem['settlement'] = { to: 'ready', delayMs: 0, refund: false, error: { name: 'Error', message: 'no' } };

/** The delivery after each write. */
const AFTER: Readonly<Record<string, string>> = { complete: 'completed 1/1/0', settle: 'ready 1/1/0', release: 'ready 2/0/0' };

type Write = (store: Store, sql: AnySql, claim: ClaimRef) => Promise<unknown>;

const writes: [name: string, write: Write][] = [
  ['settleFirst', async (store, sql, claim) => ((await settleFirst(sql, store, claim)) ? [claim.id] : [])],
  ['complete', async (store, _sql, claim) => [...(await store.deliveries.complete([claim]))]],
  ['settle', async (store, _sql, claim) => [...(await store.deliveries.settle([{ ...claim, settlement: retry }]))]],
  ['release', async (store, _sql, claim) => [...(await store.deliveries.release([{ ...claim, delayMs: 0 }]))]],
];

test.each(writes)('a %s that waits while its delivery is rescued, and claimed by another worker, is void', async (_name, write) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [dead, other] = [await addWorker(h.sql, { leaseSeconds: -1 }), await addWorker(h.sql)];
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const taking = await h.hold(async (transaction, store) => {
    await store.workers.rescue();
    await store.deliveries.claim(other, [{ receiverId: receiver, free: 1, version: 1 }], 1);
    // So that only the epoch tells the two runs apart.
    await transaction`update signalbox.delivery set worker_id = ${dead}`;
  });
  const written = write(h.store, h.sql, { id, epoch: 1, workerId: dead });
  await untilBlocked(h.sql);
  await taking.commit();
  expect(await written).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('running 3/1/1');
  expect(await h.sql`select from signalbox.delivery_error`).toHaveLength(0);
});

test.each(writes.slice(1).flatMap(([name, write]) => (['commit', 'rollback'] as const).map((end) => [name, end, write] as const)))(
  'a %s waits for the transaction of a receiver that may yet %s, then decides',
  async (name, end, write) => {
    await using h = await openStore();
    const id = await addDelivery(h.sql, await addReceiver(h.sql), RUNNING);
    const claim = { id, epoch: 1, workerId: WORKER };
    const receiver = await h.hold((transaction, store) => settleFirst(transaction, store, claim));
    const written = write(h.store, h.sql, claim);
    await untilBlocked(h.sql);
    await receiver[end]();
    expect(await written).toEqual(end === 'commit' ? [] : [id]);
    expect(await stateOf(h.sql, id)).toBe(end === 'commit' ? 'completed 1/1/0' : AFTER[name]);
    expect(await h.sql`select from signalbox.delivery_error`).toHaveLength(end === 'rollback' && name === 'settle' ? 1 : 0);
  },
);

test.each([
  ['whose deliveries are taken back', RUNNING],
  ['that are forgotten', undefined],
])('workers of one process %s are locked by id, so that two such statements do not deadlock', async (_which, held) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const process = randomUUID();
  const [first, second] = [await addWorker(h.sql, { lost: true, process }), await addWorker(h.sql, { lost: true, process })];
  for (const worker of [first, second]) if (held) await addDelivery(h.sql, receiver, { ...held, worker });
  // This row lies behind the other one from now on.
  await h.sql`update signalbox.worker set label = 'moved' where id = ${first}`;
  const blocker = await h.hold((transaction) => transaction`select from signalbox.worker where id = ${first} for no key update`);
  const rescued = h.hold(async (transaction, store) => {
    // An index would give the order by itself.
    await transaction`select set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;
    expect(await store.workers.rescue()).toHaveLength(held ? 2 : 0);
  });
  await untilBlocked(h.sql);
  expect(await h.sql`select id from signalbox.worker where id = ${second} for no key update nowait`).toHaveLength(1);
  await blocker.commit();
  await (await rescued).commit();
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});
