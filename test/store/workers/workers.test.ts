// Leases, the decision that a worker is dead, and the deliveries that are reclaimed from it.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { packageVersion } from '../../../src/version.ts';
import { addDelivery, addReceiver, addWorker, openStore, settleFirst, stateOf } from '../rows.ts';

const RUNNING = { state: 'running', epoch: 1, attempt: 1 } as const;

test('a lease can be renewed until others have found it expired', async () => {
  await using h = await openStore();
  const [alive, missed, lost] = [
    await addWorker(h.sql),
    await addWorker(h.sql, { leaseSeconds: -5 }),
    await addWorker(h.sql, { leaseSeconds: -5, lost: true }),
  ];
  const renewals = await Promise.all([alive, missed, lost, 12_345].map((id) => h.store.workers.renew(id, 60_000)));
  expect(renewals.map((session) => session !== undefined)).toEqual([true, true, false, false]);
  const over = await h.sql`select id from signalbox.worker where lease_until < now() + interval '50 seconds'`;
  expect(over.map(({ id }) => id as number)).toEqual([lost]);
});

test('a delivery of a dead worker is ready again: the epoch goes up, the attempt is refunded, the crash is counted', async () => {
  await using h = await openStore();
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...RUNNING, worker: dead });
  expect(await h.store.workers.rescue()).toMatchObject([{ id, epoch: 2, crashes: 1 }]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
  expect(await h.store.workers.rescue()).toEqual([]);
});

test('a worker with a valid lease is left alone, and so are its deliveries', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: await addWorker(h.sql) });
  expect(await h.store.workers.rescue()).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
  expect(await h.sql`select from signalbox.worker`).toHaveLength(1);
});

test('a delivery that is no longer running is not reclaimed', async () => {
  await using h = await openStore();
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'ready', epoch: 1, worker: dead });
  expect(await h.store.workers.rescue()).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('ready 1/0/0');
});

test('a delivery in the open transaction of its receiver is left alone until that ends, and its worker is remembered', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const live = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const other = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  const transaction = await h.hold(async (tx, store) => {
    await settleFirst(tx, store, { id: live, epoch: 1, workerId: dead }, 5_000);
    // Under another name, the session cannot be found, and so not be ended.
    await tx`set local application_name = 'other'`;
  });
  expect((await h.store.workers.rescue()).map(({ id }) => id)).toEqual([other]);
  const lost = await h.sql`select lost_at::text from signalbox.worker`;
  expect(lost).toHaveLength(1);
  // The worker is not declared dead again.
  expect(await h.store.workers.rescue()).toEqual([]);
  expect([...(await h.sql`select lost_at::text from signalbox.worker`)]).toEqual([...lost]);
  await transaction.rollback();
  expect((await h.store.workers.rescue()).map(({ id }) => id)).toEqual([live]);
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('a worker that claims at this moment is not declared dead, and others are, without waiting', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [claiming, dead] = [await addWorker(h.sql), await addWorker(h.sql, { leaseSeconds: -1 })];
  const id = await addDelivery(h.sql, receiver);
  const claim = await h.hold((_transaction, store) => store.deliveries.claim(claiming, [{ receiverId: receiver, free: 1, version: 1 }], 1));
  // The lease runs out while the claim is under way.
  await h.sql`update signalbox.worker set lease_until = now() - interval '1 second' where id = ${claiming}`;
  const left = await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead });
  expect((await h.store.workers.rescue()).map((rescued) => rescued.id)).toEqual([left]);
  await claim.commit();
  expect((await h.store.workers.rescue()).map((rescued) => rescued.id)).toEqual([id]);
  expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
});

test('two rescues at the same time share the deliveries', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const ids: string[] = [];
  for (let times = 0; times < 30; times++) ids.push(await addDelivery(h.sql, receiver, { ...RUNNING, worker: dead }));
  const rescued = (await Promise.all([h.store.workers.rescue(), h.store.workers.rescue(), h.store.workers.rescue()])).flat();
  expect(rescued.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(ids);
  for (const id of ids) expect(await stateOf(h.sql, id)).toBe('ready 2/0/1');
});

test('a worker that resigns is gone; one that still holds deliveries leaves them to the others at once', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [idle, busy] = [await addWorker(h.sql), await addWorker(h.sql)];
  const id = await addDelivery(h.sql, receiver, { ...RUNNING, worker: busy });
  await addDelivery(h.sql, receiver, { state: 'ready', worker: idle });
  await h.store.workers.resign(idle);
  await h.store.workers.resign(busy);
  expect((await h.sql`select id from signalbox.worker`).map((row) => row['id'] as number)).toEqual([busy]);
  expect((await h.store.workers.rescue()).map((rescued) => rescued.id)).toEqual([id]);
});

test('a new worker has its lease from the start', async () => {
  await using h = await openStore();
  const processId = randomUUID();
  const { id, atUs } = await h.store.workers.enrol({ label: 'host:1', leaseMs: 30_000, processId });
  const [row] =
    await h.sql`select label, version, process_id as process, lost_at, lease_until between now() + interval '25 seconds' and now() + interval '31 seconds' as leased,
    (extract(epoch from started_at) * 1000000)::int8::text as started from signalbox.worker where id = ${id}`;
  expect(row).toEqual({
    label: 'host:1',
    version: packageVersion(),
    process: processId,
    lost_at: null,
    leased: true,
    started: String(atUs),
  });
});

test('a renewal affects only its own worker, and records its session', async () => {
  await using h = await openStore();
  const [worker, other] = [await addWorker(h.sql, { leaseSeconds: 5 }), await addWorker(h.sql, { leaseSeconds: 5 })];
  await h.store.workers.renew(worker, 60_000);
  const rows = await h.sql`
    select id, lease_until > now() + interval '50 seconds' as renewed, backend_pid <> 0 as known from signalbox.worker order by id`;
  expect([...rows]).toEqual([
    { id: worker, renewed: true, known: true },
    { id: other, renewed: false, known: false },
  ]);
});

test('a worker is stopping from the first renewal that says so, whatever later renewals say', async () => {
  await using h = await openStore();
  const [worker, other] = [await addWorker(h.sql), await addWorker(h.sql)];
  const stopping = async (): Promise<(string | null)[]> =>
    (await h.sql<{ at: string | null }[]>`select stopping_at::text as at from signalbox.worker order by id`).map(({ at }) => at);
  await h.store.workers.renew(worker, 60_000);
  expect(await stopping()).toEqual([null, null]);
  await h.store.workers.renew(worker, 60_000, { isStopping: true });
  const [since, others] = await stopping();
  expect([typeof since, others]).toEqual(['string', null]);
  await h.store.workers.renew(worker, 60_000, { isStopping: true });
  // A late renewal.
  await h.store.workers.renew(worker, 60_000);
  await h.store.workers.renew(other, 60_000);
  expect(await stopping()).toEqual([since, null]);
});

test('a worker that has resigned can neither renew nor claim, even if it still holds deliveries', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  await addDelivery(h.sql, receiver, { ...RUNNING, worker });
  const waiting = await addDelivery(h.sql, receiver);
  await h.store.workers.resign(worker);
  await h.store.workers.resign(worker);
  expect(await h.store.workers.renew(worker, 60_000)).toBeUndefined();
  expect(await h.store.deliveries.claim(worker, [{ receiverId: receiver, free: 1, version: 1 }], 1)).toEqual([]);
  expect(await stateOf(h.sql, waiting)).toBe('ready 0/0/0');
});

test('a resignation affects only its own worker', async () => {
  await using h = await openStore();
  const [worker, other] = [await addWorker(h.sql), await addWorker(h.sql)];
  expect(await h.store.workers.renew(other, 60_000)).toMatchObject({ hasOthers: true });
  await h.store.workers.resign(worker);
  expect(await h.store.workers.renew(other, 60_000)).toMatchObject({ hasOthers: false });
});

test('a worker that is unknown claims nothing, although another worker lives', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const living = await addWorker(h.sql);
  const id = await addDelivery(h.sql, receiver);
  expect(await h.store.deliveries.claim(living + 1, [{ receiverId: receiver, free: 1, version: 1 }], 1)).toEqual([]);
  expect(await stateOf(h.sql, id)).toBe('ready 0/0/0');
});

test('deliveries of many dead workers are reclaimed a thousand at a time, the oldest first, and the workers are known to the end', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [one, two] = [await addWorker(h.sql, { leaseSeconds: -1 }), await addWorker(h.sql, { leaseSeconds: -1, lost: true })];
  await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at, state, epoch, attempt, worker_id)
    select gen_random_uuid(), ${receiver}, 1, now(), 'running', 1, 1, case when i % 2 = 0 then ${one}::int else ${two}::int end
    from generate_series(1, 2500) i`;
  const ids = Array.from(await h.sql<{ id: string }[]>`select d.id::text as id from signalbox.delivery d order by d.id`, ({ id }) => id);
  // The oldest rows now lie at the end of the table.
  await h.sql`update signalbox.delivery set crashes = 1 where id <= ${ids[700]!}`;
  const numbers = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));
  expect(numbers(await h.store.workers.rescue())).toEqual(ids.slice(0, 1_000));
  expect(await h.sql`select from signalbox.worker`).toHaveLength(2);
  expect(numbers(await h.store.workers.rescue())).toEqual(ids.slice(1_000, 2_000));
  expect(await h.sql`select from signalbox.worker`).toHaveLength(2);
  expect(numbers(await h.store.workers.rescue())).toEqual(ids.slice(2_000));
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
  const states = await h.sql`
    select state, epoch, attempt, crashes, worker_id, count(*)::int as count from signalbox.delivery group by 1, 2, 3, 4, 5 order by crashes`;
  const ready = { state: 'ready', epoch: 2, attempt: 0, worker_id: null };
  expect([...states]).toEqual([
    { ...ready, crashes: 1, count: 1_799 },
    { ...ready, crashes: 2, count: 701 },
  ]);
});

test('the deliveries of a worker are those that it runs, and not those of others', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [one, two] = [await addWorker(h.sql), await addWorker(h.sql)];
  const held = await addDelivery(h.sql, receiver, { ...RUNNING, worker: one });
  await addDelivery(h.sql, receiver, { ...RUNNING, worker: two });
  await addDelivery(h.sql, receiver, { state: 'ready', worker: one });
  expect(await h.store.deliveries.heldDeliveries(one)).toEqual([{ id: held, epoch: 1, workerId: one }]);
});
