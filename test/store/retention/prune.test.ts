// Which emissions a prune takes, and what goes with them: each condition keeps by itself.
import { expect, test } from 'vitest';
import { HOUR_MS } from '../../../src/core/duration.ts';
import { addReceiver, addWorker, openStore } from '../rows.ts';
import { addError, addSettled, ages, AN_HOUR, idAt, retentionOn, rowsLeft } from './support.ts';

const DAY = 24;
const NOTHING = { emissions: 0, deliveries: 0, errors: 0 };

test('an emission goes with all its deliveries and their errors, and nothing of another', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const old = await addSettled(h.sql, 48, [
    [a, 'completed', 48],
    [b, 'dead', 47],
  ]);
  const young = await addSettled(h.sql, 20, [[a, 'completed', 20]]);
  await addError(h.sql, old);
  await addError(h.sql, young);
  const retention = retentionOn(h);
  const daily = { completed: DAY * HOUR_MS, cancelled: undefined, dead: DAY * HOUR_MS };
  expect(await retention.count(daily, undefined)).toMatchObject({ emissions: 1, deliveries: 2, errors: 2, isLast: true });
  expect(await retention.prune(daily, undefined)).toEqual({ emissions: 1, deliveries: 2, errors: 2, after: old, isLast: true });
  expect(await rowsLeft(h.sql)).toEqual({ emissions: [young], settled: 1, errors: 1, live: 0 });
  expect(await retention.prune(daily, undefined)).toMatchObject(NOTHING);
});

test.each([
  ['completed', { completed: DAY * HOUR_MS }],
  ['cancelled', { cancelled: DAY * HOUR_MS }],
  ['dead', { dead: DAY * HOUR_MS }],
] as const)('an age is that of %s deliveries alone; a state without one is kept for ever', async (state, some) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const emissions = new Map<string, string>();
  for (const each of ['completed', 'cancelled', 'dead'] as const)
    emissions.set(each, await addSettled(h.sql, 5_000, [[receiver, each, 5_000]]));
  await addSettled(h.sql, 23, [[receiver, state, 23]]);
  expect(await retentionOn(h).prune(ages(some), undefined)).toMatchObject({ emissions: 1, deliveries: 1 });
  const { emissions: left } = await rowsLeft(h.sql);
  expect(left).toHaveLength(3);
  expect(left).not.toContain(emissions.get(state));
});

test('an emission stays whole while one of its deliveries is younger than its age, or lives', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  await addSettled(h.sql, 48, [
    [a, 'completed', 48],
    [b, 'completed', 2],
  ]);
  const replayed = await addSettled(h.sql, 48, [[a, 'completed', 48]]);
  await h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${replayed}, ${b}, 1, now())`;
  const scheduled = idAt(48);
  await h.sql`insert into signalbox.emission (id, signal, version, payload, emitted_at) values (${scheduled}, 's', 1, '1', now() - interval '48 hours')`;
  await h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${scheduled}, ${b}, 1, now() + interval '1 year')`;
  expect(await retentionOn(h).prune({ ...AN_HOUR, completed: DAY * HOUR_MS }, undefined)).toMatchObject(NOTHING);
  expect(await rowsLeft(h.sql)).toMatchObject({ settled: 3, live: 2 });
});

test('an emission that reached no receiver goes by the age of completed ones', async () => {
  await using h = await openStore();
  const [old, young] = [await addSettled(h.sql, 30, []), await addSettled(h.sql, 20, [])];
  expect(await retentionOn(h).prune(ages({ dead: HOUR_MS, cancelled: HOUR_MS }), undefined)).toMatchObject(NOTHING);
  expect(await retentionOn(h).prune({ ...AN_HOUR, completed: DAY * HOUR_MS }, undefined)).toMatchObject({ emissions: 1, after: young });
  expect((await rowsLeft(h.sql)).emissions).toEqual([young]);
  expect(old).not.toBe(young);
});

test('within an hour of its end nothing goes, nor within an hour of its emit, whatever the age', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const never = { completed: 0, cancelled: 0, dead: 0 };
  await addSettled(h.sql, 2, [[receiver, 'completed', 0.9]]);
  await addSettled(h.sql, 2, [[receiver, 'dead', 0.9]]);
  // The clock of its emitter is behind; that of the database decides.
  await addSettled(h.sql, 0.9, [], idAt(3));
  await addSettled(h.sql, 0.9, [[receiver, 'cancelled', 3]], idAt(3));
  expect(await retentionOn(h).prune(never, undefined)).toMatchObject(NOTHING);
  await addSettled(h.sql, 1.1, [[receiver, 'completed', 1.05]]);
  expect(await retentionOn(h).prune(never, undefined)).toMatchObject({ emissions: 1, deliveries: 1 });
  expect(await rowsLeft(h.sql)).toMatchObject({ settled: 3 });
});

test('a walk goes on behind emissions that may not go, and ends at the ids of the time of the least age', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const kept: string[] = [];
  for (let count = 1; count <= 5; count++) kept.push(await addSettled(h.sql, 100, [[receiver, 'dead', 99]]));
  const gone = await addSettled(h.sql, 50, [[receiver, 'completed', 49]]);
  // Its emitter's clock was ahead: it waits until that time has come.
  await addSettled(h.sql, 50, [[receiver, 'completed', 49]], idAt(20));
  const retention = retentionOn(h);
  const daily = ages({ completed: DAY * HOUR_MS, cancelled: 48 * HOUR_MS });
  const walk: (readonly [number, boolean])[] = [];
  let after: string | undefined;
  for (let isLast = false; !isLast;) {
    const batch = await retention.prune(daily, after, { limit: 2 });
    walk.push([batch.emissions, batch.isLast]);
    ({ isLast } = batch);
    after = batch.after ?? after;
  }
  expect(walk).toEqual([
    [0, false],
    [0, false],
    [1, false],
    [0, true],
  ]);
  expect(after).toBe(gone);
  expect((await rowsLeft(h.sql)).emissions.slice(0, 5)).toEqual(kept);
  expect((await rowsLeft(h.sql)).emissions).toHaveLength(6);
});

test('workers that were lost a day ago are forgotten, but for those that still hold something', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [forgotten, holds, recent, lives] = [
    await addWorker(h.sql, { lost: true }),
    await addWorker(h.sql, { lost: true }),
    await addWorker(h.sql, { lost: true }),
    await addWorker(h.sql),
  ];
  await h.sql`update signalbox.worker set lost_at = now() - interval '25 hours' where id in (${forgotten}, ${holds})`;
  await h.sql`update signalbox.worker set lost_at = now() - interval '23 hours' where id = ${recent}`;
  await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, state, run_at, epoch, attempt, worker_id)
    values (${idAt(30)}, ${receiver}, 1, 'running', now(), 1, 1, ${holds}), (${idAt(30)}, ${receiver}, 1, 'ready', now(), 1, 1, ${forgotten})`;
  expect(await retentionOn(h).forgetLostWorkers()).toBe(1);
  const left = await h.sql<{ id: number }[]>`select id from signalbox.worker order by id`;
  expect(left.map(({ id }) => id)).toEqual([holds, recent, lives].toSorted((a, b) => a - b));
});
