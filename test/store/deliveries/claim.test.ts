// claim and claimEmissions: each guard alone decides which deliveries a worker may claim.
import { expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { type AnySql, addDelivery, addReceiver, addWorker, openStore, stateOf } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

interface Taker {
  readonly name: string;
  take(store: Store, sql: AnySql, workerId: number, receiverId: number, version?: number): Promise<string[]>;
}

const takers: Taker[] = [
  {
    name: 'claim',
    take: async (store, _sql, workerId, receiverId, version = 1) =>
      (await store.deliveries.claim(workerId, [{ receiverId, free: 10, version }], 10)).map(({ id }) => id),
  },
  {
    name: 'claimEmissions',
    take: async (store, sql, workerId, receiverId, version = 1) => {
      const emissions = (await sql<{ id: string }[]>`select id from signalbox.emission`).map(({ id }) => id);
      return (await store.deliveries.claimEmissions(workerId, [{ receiverId, free: 10, version }], emissions)).map(({ id }) => id);
    },
  },
];

test.each(takers)('$name claims deliveries that are ready and due, and raises epoch and attempt', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, receiver, { epoch: 4, attempt: 2 });
  expect(await take(h.store, h.sql, worker, receiver)).toEqual([id]);
  expect(await stateOf(h.sql, id)).toBe('running 5/3/0');
  const [row] = await h.sql`select worker_id from signalbox.delivery`;
  expect(row!['worker_id']).toBe(worker);
});

test.each(takers)('$name leaves a running delivery to its worker', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, receiver, { state: 'running', epoch: 1, attempt: 1, worker: 99 });
  expect(await take(h.store, h.sql, await addWorker(h.sql), receiver)).toEqual([]);
});

test.each(takers)('$name leaves deliveries that are not due', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, receiver, { dueInSeconds: 30 });
  expect(await take(h.store, h.sql, await addWorker(h.sql), receiver)).toEqual([]);
});

test.each(takers)('$name leaves payloads that are newer than the worker can read, and claims older ones', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const old = await addDelivery(h.sql, receiver, { version: 1 });
  await addDelivery(h.sql, receiver, { version: 3 });
  expect(await take(h.store, h.sql, await addWorker(h.sql), receiver, 2)).toEqual([old]);
});

test.each(takers)('$name leaves the deliveries of receivers for which the worker has no code', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, await addReceiver(h.sql, 'B.receive'));
  expect(await take(h.store, h.sql, await addWorker(h.sql), receiver)).toEqual([]);
});

test.each(takers)('$name skips locked rows, and does not wait', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const locked = await addDelivery(h.sql, receiver);
  const free = await addDelivery(h.sql, receiver);
  const held = await h.hold((transaction) => transaction`select from signalbox.delivery where id = ${locked} for update`);
  expect(await take(h.store, h.sql, await addWorker(h.sql), receiver)).toEqual([free]);
  await held.rollback();
});

test.each(takers)('$name claims nothing for a worker that others have declared dead', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, receiver);
  expect(await take(h.store, h.sql, await addWorker(h.sql, { lost: true }), receiver)).toEqual([]);
});

test.each(takers)('$name claims nothing for a worker whose lease has expired', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, receiver);
  expect(await take(h.store, h.sql, await addWorker(h.sql, { leaseSeconds: -1 }), receiver)).toEqual([]);
  expect(await take(h.store, h.sql, 12_345, receiver)).toEqual([]);
});

test.each(takers)('a worker cannot be declared dead while its $name is under way', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, receiver);
  const claim = await h.hold((transaction, store) => take(store, transaction, worker, receiver));
  // The same question as in markExpiredDead: a row that a claim holds is skipped.
  expect(await h.sql`select from signalbox.worker where id = ${worker} for update skip locked`).toHaveLength(0);
  await claim.commit();
  expect(await h.sql`select from signalbox.worker where id = ${worker} for update skip locked`).toHaveLength(1);
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
});

test.each(takers)('a $name that waits while its worker is judged claims nothing if that worker is declared dead', async ({ take }) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, receiver);
  const verdict = await h.hold(
    (transaction) => transaction`
    with dead as materialized (select id from signalbox.worker where id = ${worker} for update)
    update signalbox.worker w set lost_at = now() from dead where w.id = dead.id`,
  );
  const taken = take(h.store, h.sql, worker, receiver);
  await untilBlocked(h.sql);
  await verdict.commit();
  expect(await taken).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('ready 0/0/0');
});

test('claim takes no more than its limit, and no more than the limit of each receiver', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  for (let times = 0; times < 5; times++) for (const receiver of [a, b]) await addDelivery(h.sql, receiver);
  const worker = await addWorker(h.sql);
  const claim = async (freeA: number, freeB: number, limit: number): Promise<number[]> => {
    const taken = await h.store.deliveries.claim(
      worker,
      [
        { receiverId: a, free: freeA, version: 1 },
        { receiverId: b, free: freeB, version: 1 },
      ],
      limit,
    );
    return [a, b].map((receiver) => taken.filter(({ receiverId }) => receiverId === receiver).length);
  };
  expect(await claim(1, 3, 10)).toEqual([1, 3]);
  expect(await claim(5, 5, 3)).toEqual([3, 0]);
  expect(await claim(5, 5, 10)).toEqual([1, 2]);
  const [left] = await h.sql`select count(*)::int as count from signalbox.delivery where state = 'ready'`;
  expect(left!['count']).toBe(0);
});

test('claim takes the deliveries first that have been due the longest', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const ids = [];
  for (const dueInSeconds of [-5, -50, -500]) ids.push(await addDelivery(h.sql, receiver, { dueInSeconds }));
  const worker = await addWorker(h.sql);
  const taken = [];
  for (let times = 0; times < 3; times++)
    taken.push((await h.store.deliveries.claim(worker, [{ receiverId: receiver, free: 1, version: 1 }], 1))[0]!.id);
  expect(taken).toEqual(ids.toReversed());
});

test('concurrent claims share the deliveries, and none is claimed twice', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (let times = 0; times < 40; times++) await addDelivery(h.sql, receiver);
  const worker = await addWorker(h.sql);
  const claims = await Promise.all(
    Array.from({ length: 8 }, () => h.store.deliveries.claim(worker, [{ receiverId: receiver, free: 5, version: 1 }], 5)),
  );
  const ids = claims.flat().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(4);
});

test('claimEmissions takes only deliveries of the given emissions', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addDelivery(h.sql, receiver);
  const wanted = await addDelivery(h.sql, receiver);
  const [emission] = await h.sql<{ id: string }[]>`select emission_id as id from signalbox.delivery where id = ${wanted}`;
  const taken = await h.store.deliveries.claimEmissions(
    await addWorker(h.sql),
    [{ receiverId: receiver, free: 1, version: 1 }],
    [emission!.id],
  );
  expect(taken.map(({ id }) => id)).toEqual([wanted]);
});

test('ids and numbers beyond 2^31 survive the trip', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await h.sql`select setval('signalbox.delivery_id_seq', 9007199254740993)`;
  const id = await addDelivery(h.sql, receiver);
  const [taken] = await h.store.deliveries.claim(await addWorker(h.sql), [{ receiverId: receiver, free: 1, version: 1 }], 1);
  expect(taken!.id).toBe('9007199254740994');
  expect(taken).toMatchObject({ id, payload: '{"value": 1}', headers: null, emittedAt: expect.any(Date) as Date });
});
