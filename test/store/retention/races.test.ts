// A prune meets those who bring deliveries back, add them, or prune too: in every order, on two connections, nothing is stranded. A
// stranded delivery is one whose emission is gone: a claim takes it, and has no payload for its receiver.
import { expect, test } from 'vitest';
import { Namespace } from '../../../src/store/namespace.ts';
import { DEFAULT_SCHEMA } from '../../../src/core/rules.ts';
import type { Run } from '../../../src/drivers/driver.ts';
import { OperationsStore } from '../../../src/store/operations/operations.ts';
import { holdPrunable, pruneHeld } from '../../../src/store/retention/prune.sql.ts';
import { type AnySql, addReceiver, addWorker, openStore, runOn, type StoreHarness } from '../rows.ts';
import { untilBlocked } from '../waits.ts';
import { addSettled, AN_HOUR, idAt, retentionOn, retentionThrough, rowsLeft } from './support.ts';

const operationsOn = (sql: AnySql): OperationsStore => new OperationsStore(runOn(sql), new Namespace(DEFAULT_SCHEMA));

/** Claims all that is due: each delivery must come with its payload. */
async function claimAll(h: StoreHarness, receivers: readonly number[]): Promise<(string | null)[]> {
  const claimable = receivers.map((receiverId) => ({ receiverId, free: 10, version: 1 }));
  return (await h.store.deliveries.claim(await addWorker(h.sql), claimable, 10)).map(({ payload }) => payload);
}

/** A barrier: statements wait at it while a transaction holds it. */
const BARRIER = 77;
const raise = async (transaction: AnySql): Promise<unknown> => transaction`select pg_advisory_xact_lock(${BARRIER})`;

/** The first look waits at the barrier between its snapshot and its locks. */
const waitsBeforeItLocks =
  (run: Run): Run =>
  (statement, params) => {
    if ((statement as object) !== holdPrunable) return run(statement, params);
    const text = statement.text.replace(
      'from old o\n',
      `from (select o.*, b from old o cross join lateral (select pg_advisory_xact_lock_shared(${BARRIER}) as b) b offset 0) o\n`,
    );
    expect(text).not.toBe(statement.text);
    return run({ ...statement, text }, params);
  };

/** Runs `work` between the two looks. */
const between =
  (work: () => Promise<unknown>) =>
  (run: Run): Run =>
  async (statement, params) => {
    if ((statement as object) === pruneHeld) await work();
    return run(statement, params);
  };

const brought: [
  name: string,
  state: 'dead' | 'completed',
  revive: (sql: AnySql, emissionId: string, receiver?: string) => Promise<string[]>,
][] = [
  [
    'retry',
    'dead',
    (sql, emissionId, receiver) => operationsOn(sql).requeue({ emissionId, ...(receiver && { receiver }) }, ['dead', 'cancelled'], 0),
  ],
  [
    'replay',
    'completed',
    (sql, emissionId, receiver) => operationsOn(sql).requeue({ emissionId, ...(receiver && { receiver }) }, ['completed'], 1),
  ],
];

test.each(brought)('a %s that has not committed keeps its emission whole, and its delivery runs', async (_name, state, revive) => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const id = await addSettled(h.sql, 5, [
    [a, state, 4],
    [b, state, 4],
  ]);
  const act = await h.hold((transaction) => revive(transaction, id, 'B.receive'));
  expect(await retentionOn(h).prune(AN_HOUR, undefined)).toMatchObject({ emissions: 0, deliveries: 0 });
  await act.commit();
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [id], settled: 1, live: 1 });
  expect(await claimAll(h, [a, b])).toEqual(['{"value": 1}']);
});

test.each(brought)(
  'a %s that commits between the snapshot of a prune and its locks keeps its emission whole',
  async (_name, state, revive) => {
    await using h = await openStore();
    const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
    const id = await addSettled(h.sql, 5, [
      [a, state, 4],
      [b, state, 4],
    ]);
    const barrier = await h.hold(raise);
    const pruned = retentionThrough(h, waitsBeforeItLocks).prune(AN_HOUR, undefined);
    await untilBlocked(h.sql);
    expect(await revive(h.sql, id, 'B.receive')).toHaveLength(1);
    await barrier.commit();
    expect(await pruned).toMatchObject({ emissions: 0, deliveries: 0 });
    expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [id], settled: 1, live: 1 });
    expect(await claimAll(h, [a, b])).toEqual(['{"value": 1}']);
  },
);

test.each(brought)('a %s that comes between the looks of a prune finds nothing left', async (_name, state, revive) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const id = await addSettled(h.sql, 5, [[receiver, state, 4]]);
  let act: Promise<string[]> | undefined;
  const prune = retentionThrough(
    h,
    between(async () => {
      act = revive(h.sql, id);
      await untilBlocked(h.sql);
    }),
  );
  expect(await prune.prune(AN_HOUR, undefined)).toMatchObject({ emissions: 1, deliveries: 1 });
  expect(await act).toEqual([]);
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [], settled: 0, live: 0 });
});

test('a retry of many emissions, as an errand has them, keeps those that it takes, and a prune beside it takes the others', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead: string[] = [];
  for (let count = 1; count <= 20; count++) dead.push(await addSettled(h.sql, 5, [[receiver, count % 2 === 0 ? 'dead' : 'completed', 4]]));
  const errand = await h.hold(
    (transaction) => transaction`
      with gone as (delete from signalbox.settled where state = 'dead' returning *)
      insert into signalbox.delivery (id, emission_id, receiver_id, version, generation, epoch, run_at) overriding system value
      select id, emission_id, receiver_id, version, generation, epoch + 1, now() from gone`,
  );
  expect(await retentionOn(h).prune(AN_HOUR, undefined)).toMatchObject({ emissions: 10, deliveries: 10 });
  await errand.commit();
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: dead.filter((_, index) => index % 2 === 1), settled: 0, live: 10 });
  expect(await claimAll(h, [receiver])).toEqual(Array.from({ length: 10 }, () => '{"value": 1}'));
});

test('dead deliveries that are being cancelled stay: they are as young as their cancellation', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const id = await addSettled(h.sql, 5, [[receiver, 'dead', 4]]);
  const cancel = await h.hold((transaction) => operationsOn(transaction).cancel({ emissionId: id }, { name: 'Discard', message: 'no' }));
  expect(await retentionOn(h).prune(AN_HOUR, undefined)).toMatchObject({ emissions: 0 });
  await cancel.commit();
  const barrier = await h.hold(raise);
  await h.sql`update signalbox.settled set state = 'dead', finished_at = now() - interval '4 hours'`;
  const pruned = retentionThrough(h, waitsBeforeItLocks).prune(AN_HOUR, undefined);
  await untilBlocked(h.sql);
  expect(await operationsOn(h.sql).cancel({ emissionId: id }, { name: 'Discard', message: 'no' })).toHaveLength(1);
  await barrier.commit();
  expect(await pruned).toMatchObject({ emissions: 0 });
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [id], settled: 1 });
});

/** As each act must that gives a stored emission one more delivery. Returns how many it added. */
async function addDeliveryTo(transaction: AnySql, emissionId: string, receiver: number): Promise<number> {
  const found = await transaction`select from signalbox.emission where id = ${emissionId} for key share`;
  if (found.length > 0)
    await transaction`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${emissionId}, ${receiver}, 1, now())`;
  return found.length;
}

test('a new delivery of an old emission, which has not committed, keeps the emission', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const id = await addSettled(h.sql, 5, [[a, 'completed', 4]]);
  const act = await h.hold((transaction) => addDeliveryTo(transaction, id, b));
  expect(await retentionOn(h).prune(AN_HOUR, undefined)).toMatchObject({ emissions: 0, deliveries: 0 });
  await act.commit();
  expect(await claimAll(h, [a, b])).toEqual(['{"value": 1}']);
});

test('a new delivery of an old emission that commits between the snapshot of a prune and its locks is seen by the second look', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const id = await addSettled(h.sql, 5, [[a, 'completed', 4]]);
  const barrier = await h.hold(raise);
  const pruned = retentionThrough(h, waitsBeforeItLocks).prune(AN_HOUR, undefined);
  await untilBlocked(h.sql);
  await (await h.hold((transaction) => addDeliveryTo(transaction, id, b))).commit();
  await barrier.commit();
  expect(await pruned).toMatchObject({ emissions: 0, deliveries: 0 });
  expect(await claimAll(h, [a, b])).toEqual(['{"value": 1}']);
});

test('a new delivery of an emission that is being pruned waits, and is none', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const id = await addSettled(h.sql, 5, [[receiver, 'completed', 4]]);
  let added: Promise<unknown> | undefined;
  const prune = retentionThrough(
    h,
    between(async () => {
      added = h.sql.begin((transaction) => addDeliveryTo(transaction, id, receiver));
      await untilBlocked(h.sql);
    }),
  );
  expect(await prune.prune(AN_HOUR, undefined)).toMatchObject({ emissions: 1 });
  expect(await added).toBe(0);
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [], live: 0 });
});

test('two prunes side by side wait for neither, and each takes what the other does not', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (let count = 1; count <= 10; count++) await addSettled(h.sql, 5, [[receiver, 'completed', 4]]);
  let other: unknown;
  const prune = retentionThrough(
    h,
    between(async () => {
      other = await retentionOn(h).prune(AN_HOUR, undefined);
    }),
  );
  expect(await prune.prune(AN_HOUR, undefined, { limit: 6 })).toMatchObject({ emissions: 6, deliveries: 6 });
  expect(other).toMatchObject({ emissions: 4, deliveries: 4 });
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [], settled: 0 });
});

test('a walk that goes on reads next to nothing of what was pruned under an old snapshot', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const snapshot = await h.hold((transaction) =>
    transaction`set transaction isolation level repeatable read`.then(() => transaction`select 1`),
  );
  const ids = Array.from({ length: 4_000 }, () => idAt(50));
  await h.sql`
    insert into signalbox.emission (id, signal, version, payload, emitted_at)
    select id, 's', 1, '1', now() - interval '50 hours' from unnest(${ids}::uuid[]) as id`;
  await h.sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select row_number() over (), id, ${receiver}, 1, 0, 'completed', 1, 1, 0, now() - interval '49 hours' from unnest(${ids}::uuid[]) as id`;
  const { after, emissions } = await retentionOn(h).prune(AN_HOUR, undefined, { limit: 4_000 });
  expect(emissions).toBe(4_000);
  await addSettled(h.sql, 5, [[receiver, 'completed', 4]]);
  const buffers = async (from: string | undefined): Promise<number> => {
    const hour = AN_HOUR.completed!;
    const [row] = await h.sql.unsafe(`explain (analyze, buffers, timing off, format json) ${holdPrunable.text}`, [
      from ?? null,
      hour,
      hour,
      hour,
      10,
    ]);
    const [{ Plan: plan }] = row!['QUERY PLAN'] as [{ Plan: Record<string, number> }];
    return plan['Shared Hit Blocks']!;
  };
  const [fromThere, fromTheBeginning] = [await buffers(after), await buffers(undefined)];
  expect(fromTheBeginning).toBeGreaterThan(50);
  expect(fromThere).toBeLessThan(fromTheBeginning / 3);
  await snapshot.rollback();
});
