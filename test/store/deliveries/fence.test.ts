// The fence across an asynchronous failover: the promoted server does not have a claim, so another worker claims the
// delivery under the same epoch. Id, state and epoch are the same in both claims; only the worker's id tells them
// apart.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { postgresJs } from '../../../src/drivers/postgres-js.ts';
import type { Hold } from '../../../src/store/deliveries/batch.ts';
import type { ClaimRef } from '../../../src/store/deliveries/claim.ts';
import type { SettleItem } from '../../../src/store/deliveries/deliveries.ts';
import type { Store } from '../../../src/store/store.ts';
import { DEFAULT_SCHEMA } from '../../../src/core/rules.ts';
import { Namespace } from '../../../src/store/namespace.ts';
import { WorkersStore } from '../../../src/store/workers/workers.ts';
import { type AnySql, addDelivery, addReceiver, addWorker, openStore, runOn, settleFirst, stateOf, WORKER } from '../rows.ts';

const dead: SettleItem['settlement'] = { to: 'dead', error: { name: 'Error', message: 'no' } };

type Write = (store: Store, sql: AnySql, claim: ClaimRef) => Promise<unknown>;

const writes: [name: string, write: Write][] = [
  ['settleFirst', async (store, sql, claim) => ((await settleFirst(sql, store, claim)) ? [claim.id] : [])],
  ['complete', async (store, _sql, claim) => [...(await store.deliveries.complete([claim]))]],
  ['settle', async (store, _sql, claim) => [...(await store.deliveries.settle([{ ...claim, settlement: dead }]))]],
  ['release', async (store, _sql, claim) => [...(await store.deliveries.release([{ ...claim, delayMs: 0 }]))]],
  [
    'holdBatch',
    async (store, sql, claim) => [...((await store.batches.hold(runOn(sql), [claim], { timeoutMs: 1_000, inLane: false })) as Hold).ids],
  ],
];

test.each(writes)('a %s for a claim of the same epoch that another worker made is void', async (_name, write) => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, attempt: 1 });
  expect(await write(h.store, h.sql, { id, epoch: 1, workerId: WORKER + 1 })).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
  expect(await write(h.store, h.sql, { id, epoch: 1, workerId: WORKER })).toEqual([id]);
});

test('outcomes of claims by several workers are each recorded under their own', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const add = (worker: number): Promise<string> => addDelivery(h.sql, receiver, { state: 'running', epoch: 1, worker });
  const [one, other, foreign] = [await add(1), await add(2), await add(3)];
  const claims = [
    { id: one, epoch: 1, workerId: 1 },
    { id: other, epoch: 1, workerId: 2 },
    { id: foreign, epoch: 1, workerId: 1 },
  ];
  expect(await h.store.deliveries.complete(claims)).toEqual(new Set([one, other]));
  const rows = await h.sql`select id::text as id, worker_id from signalbox.settled order by id`;
  expect([...rows]).toEqual([
    { id: one, worker_id: 1 },
    { id: other, worker_id: 2 },
  ]);
});

test('a worker whose run failed does not count as having completed a delivery that another completed under the same epoch', async () => {
  await using h = await openStore();
  const receiverId = await addReceiver(h.sql);
  const id = await addDelivery(h.sql, receiverId, { state: 'running', epoch: 1, attempt: 1 });
  const [row] = await h.sql<{ emissionId: string }[]>`select emission_id as "emissionId" from signalbox.delivery`;
  await settleFirst(h.sql, h.store, { id, epoch: 1, workerId: WORKER });
  const late = { id, epoch: 1, workerId: WORKER + 1 };
  expect(await h.store.deliveries.settle([{ ...late, settlement: dead }])).toEqual(new Set());
  const { commits } = h.store;
  const completed = (workerId: number): Promise<Set<string>> =>
    commits.completed([{ id, epoch: 1, workerId, emissionId: row!.emissionId, receiverId }]);
  expect([await completed(WORKER + 1), await completed(WORKER)]).toEqual([new Set(), new Set([id])]);
});

test('a claimed delivery carries the worker of its claim, and a settled row keeps the worker that ended it', async () => {
  await using h = await openStore();
  const worker = await addWorker(h.sql);
  const receiverId = await addReceiver(h.sql);
  const ids = [await addDelivery(h.sql, receiverId), await addDelivery(h.sql, receiverId)];
  const claimed = await h.store.deliveries.claim(worker, [{ receiverId, free: 2, version: 1 }], 2);
  expect(claimed.map(({ id, workerId }) => ({ id, workerId }))).toEqual(ids.map((id) => ({ id, workerId: worker })));
  expect(await h.store.deliveries.heldDeliveries(worker)).toEqual(
    expect.arrayContaining(ids.map((id) => ({ id, epoch: 1, workerId: worker }))),
  );
  await settleFirst(h.sql, h.store, claimed[0]!);
  await h.store.deliveries.settle([{ ...claimed[1]!, settlement: dead }]);
  expect([...(await h.sql`select state, worker_id from signalbox.settled order by id`)]).toEqual([
    { state: 'completed', worker_id: worker },
    { state: 'dead', worker_id: worker },
  ]);
});

test('ids of workers are drawn at random, and an id that another worker has is drawn again', async () => {
  await using h = await openStore();
  const about = (label: string) => ({ label, leaseMs: 60_000, processId: randomUUID() });
  const draws = [7, 7, 8];
  const workers = new WorkersStore(postgresJs(h.sql as never).run(), new Namespace(DEFAULT_SCHEMA), 3, () => draws.shift()!);
  expect([(await workers.enrol(about('one'))).id, (await workers.enrol(about('two'))).id, draws]).toEqual([7, 8, []]);
  expect([...(await h.sql`select id, label from signalbox.worker order by id`)]).toEqual([
    { id: 7, label: 'one' },
    { id: 8, label: 'two' },
  ]);
  const drawn = await Promise.all(Array.from({ length: 5 }, async () => (await h.store.workers.enrol(about('any'))).id));
  expect(new Set(drawn).size).toBe(5);
  // One in 20 million runs fails here: five draws of 31 bits that are all small.
  expect(Math.max(...drawn)).toBeGreaterThan(2 ** 31 * 0.03);
});
