// The crash budget: a delivery that several dead workers held runs alone, and is dead when it kills one more worker.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, addWorker, openStore, stateOf, type StoreHarness } from '../rows.ts';

const RUNNING = { state: 'running', epoch: 1, attempt: 1 } as const;

async function addCrashed(h: StoreHarness, receiver: number, crashes: number, options: object = {}): Promise<string> {
  const id = await addDelivery(h.sql, receiver, options);
  await h.sql`update signalbox.delivery set crashes = ${crashes} where id = ${id}`;
  return id;
}

test('a delivery that its worker ran alone is dead at the third crash, with an error that says so; the epoch goes up', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: dead });
  expect(await h.store.workers.rescue()).toMatchObject([
    { id, epoch: 2, crashes: 3, receiver: 'A.receive', signal: 'store.happened', dead: { code: 'CrashBudgetSpent' } },
  ]);
  expect(await stateOf(h.sql, id)).toBe('dead 2/1/3');
  const errors = await h.sql`select delivery_id::text as id, epoch, error ->> 'message' as message from signalbox.delivery_error`;
  expect([...errors]).toEqual([{ id, epoch: 2, message: expect.stringContaining('CrashBudgetSpent') as string }]);
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('the second crash does not end a delivery', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addCrashed(h, receiver, 1, { ...RUNNING, worker: dead });
  expect(await h.store.workers.rescue()).toMatchObject([{ id, crashes: 2, dead: undefined }]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/2');
});

test('a delivery that ran beside others does not end dead, however many crashes it has had', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [dead, other] = [await addWorker(h.sql, { leaseSeconds: -1 }), await addWorker(h.sql, { leaseSeconds: -1 })];
  const id = await addCrashed(h, receiver, 7, { ...RUNNING, worker: dead });
  const neighbour = await addCrashed(h, receiver, 0, { ...RUNNING, worker: dead });
  const alone = await addCrashed(h, receiver, 2, { ...RUNNING, worker: other });
  await h.store.workers.rescue();
  expect([await stateOf(h.sql, id), await stateOf(h.sql, neighbour), await stateOf(h.sql, alone)]).toEqual([
    'ready 2/0/8',
    'ready 2/0/1',
    'dead 2/1/3',
  ]);
});

test('a neighbour that cannot be reclaimed yet still counts as a neighbour', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: dead });
  const neighbour = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const transaction = await h.hold((tx) => tx`select from signalbox.delivery where id = ${neighbour} for update`);
  expect(await h.store.workers.rescue()).toMatchObject([{ id, dead: undefined }]);
  await transaction.rollback();
});

test('a delivery of another worker of the same process counts as a neighbour, whether or not that worker is declared dead yet', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const process = randomUUID();
  const dead = await addWorker(h.sql, { leaseSeconds: -1, process });
  const sibling = await addWorker(h.sql, { leaseSeconds: 60, process });
  const stranger = await addWorker(h.sql, { leaseSeconds: 60 });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: dead });
  const innocent = await addCrashed(h, receiver, 2, { ...RUNNING, worker: sibling });
  await addDelivery(h.sql, receiver, { ...RUNNING, worker: stranger });
  expect(await h.store.workers.rescue()).toMatchObject([{ id, dead: undefined }]);
  // The first worker is forgotten by now, together with its deliveries.
  await h.sql`update signalbox.worker set lease_until = now() - interval '1 second' where id = ${sibling}`;
  expect(await h.store.workers.rescue()).toMatchObject([{ id: innocent, dead: undefined }]);
  expect([await stateOf(h.sql, id), await stateOf(h.sql, innocent)]).toEqual(['ready 2/0/3', 'ready 2/0/3']);
  expect(await h.sql`select from signalbox.worker where id = ${stranger} and not had_company`).toHaveLength(1);
});

test('a delivery that another worker of the same process has waiting, or has released, is no neighbour', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const process = randomUUID();
  const dead = await addWorker(h.sql, { leaseSeconds: -1, process });
  await addDelivery(h.sql, receiver, { worker: await addWorker(h.sql, { process }) });
  await addDelivery(h.sql, receiver, { worker: dead });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: dead });
  expect(await h.store.workers.rescue()).toMatchObject([{ id, dead: { code: 'CrashBudgetSpent' } }]);
});

test('the last of several deliveries that cannot all be reclaimed at once still had neighbours', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: dead });
  const neighbour = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const transaction = await h.hold((tx) => tx`select from signalbox.delivery where id = ${id} for update`);
  expect(await h.store.workers.rescue()).toMatchObject([{ id: neighbour }]);
  await transaction.rollback();
  expect(await h.store.workers.rescue()).toMatchObject([{ id, dead: undefined }]);
});

test('a delivery of a worker whose lease has expired ran alone if the other workers of its process hold nothing', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const process = randomUUID();
  const [first, sibling] = [await addWorker(h.sql, { leaseSeconds: -1, process }), await addWorker(h.sql, { process })];
  await addDelivery(h.sql, receiver, { ...RUNNING, worker: first });
  await h.store.workers.rescue();
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: sibling });
  await h.sql`update signalbox.worker set lease_until = now() - interval '1 second'`;
  expect(await h.store.workers.rescue()).toMatchObject([{ id, dead: { code: 'CrashBudgetSpent' } }]);
});

test('a delivery of a stopping worker is ready again, its attempt is refunded, and no crash is counted', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [stopping, dead] = [await addWorker(h.sql, { leaseSeconds: -1, stopping: true }), await addWorker(h.sql, { leaseSeconds: -1 })];
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: stopping });
  const charged = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const rescued = await h.store.workers.rescue();
  expect(rescued.map((delivery) => [delivery.id, delivery.crashes])).toEqual(expect.arrayContaining([[id, 0], [charged, 1]])); // prettier-ignore
  expect([await stateOf(h.sql, id), await stateOf(h.sql, charged)]).toEqual(['ready 2/0/0', 'ready 2/0/1']);
});

test('a delivery that a stopping worker ran alone does not end dead, however many crashes it has had, and stays a suspect', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const stopping = await addWorker(h.sql, { leaseSeconds: -1, stopping: true });
  const id = await addCrashed(h, receiver, 2, { ...RUNNING, worker: stopping });
  expect(await h.store.workers.rescue()).toMatchObject([{ id, crashes: 2, dead: undefined }]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/2');
  expect(await h.store.deliveries.hasSuspect([{ receiverId: receiver, free: 5, version: 1 }])).toBe(true);
});

test('a delivery of a stopping worker is a neighbour of those of the other workers of its process, which count the crash', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const process = randomUUID();
  const stopping = await addWorker(h.sql, { leaseSeconds: -1, stopping: true, process });
  const sibling = await addWorker(h.sql, { leaseSeconds: -1, process });
  const uncharged = await addCrashed(h, receiver, 2, { ...RUNNING, worker: stopping });
  const charged = await addCrashed(h, receiver, 2, { ...RUNNING, worker: sibling });
  await h.store.workers.rescue();
  expect([await stateOf(h.sql, uncharged), await stateOf(h.sql, charged)]).toEqual(['ready 2/0/2', 'ready 2/0/3']);
});

test('a claim takes suspects only if nothing else is due, only when it may, and only one', async () => {
  await using h = await openStore();
  const [receiver, second] = [await addReceiver(h.sql), await addReceiver(h.sql, 'B.receive')];
  const worker = await addWorker(h.sql);
  const claimable = [receiver, second].map((receiverId) => ({ receiverId, free: 5, version: 1 }));
  const claim = async (suspects: boolean): Promise<[string, boolean][]> =>
    (await h.store.deliveries.claim(worker, claimable, 5, { suspects })).map((delivery) => [delivery.id, delivery.isSuspect]);
  const [one, two] = [await addCrashed(h, receiver, 2), await addCrashed(h, second, 3)];
  const [once, never] = [await addCrashed(h, receiver, 1), await addCrashed(h, receiver, 0)];
  expect(await claim(true)).toEqual([
    [once, false],
    [never, false],
  ]);
  expect(await claim(false)).toEqual([]);
  expect(await claim(true)).toEqual([[one, true]]);
  expect(await claim(true)).toEqual([[two, true]]);
  expect(await claim(true)).toEqual([]);
});

test.each([
  ['is for later', { dueInSeconds: 60 }],
  ['is newer than the worker can read', { version: 2 }],
  ['runs already', RUNNING],
])('a suspect that %s is neither claimed nor waited for', async (_why, options) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  await addCrashed(h, receiver, 2, options);
  const claimable = [{ receiverId: receiver, free: 5, version: 1 }];
  expect(await h.store.deliveries.claim(worker, claimable, 5, { suspects: true })).toEqual([]);
  expect(await h.store.deliveries.hasSuspect(claimable)).toBe(false);
});

test('a dead worker claims no suspect, either', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addCrashed(h, receiver, 2);
  const claimable = [{ receiverId: receiver, free: 5, version: 1 }];
  expect(await h.store.deliveries.hasSuspect(claimable)).toBe(true);
  expect(await h.store.deliveries.claim(await addWorker(h.sql, { lost: true }), claimable, 5, { suspects: true })).toEqual([]);
});

test('a delivery with one crash, or none, needs no quarantine', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addCrashed(h, receiver, 0);
  await addCrashed(h, receiver, 1);
  expect(await h.store.deliveries.hasSuspect([{ receiverId: receiver, free: 5, version: 1 }])).toBe(false);
});
