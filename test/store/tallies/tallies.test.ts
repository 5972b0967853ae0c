// The statements of tallies: a repeated write changes nothing, a fold keeps every sum, and two folds share the work.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { BUCKETS } from '../../../src/core/tally.ts';
import type { TallyRow } from '../../../src/store/tallies/tallies.ts';
import { openStore, type StoreHarness } from '../rows.ts';

const HOUR = 3_600;
const DAY_MS = 86_400_000;

const inBucket = (index: number, n: number): number[] => Array.from({ length: BUCKETS }, (_, at) => (at === index ? n : 0));

const row = (about: Partial<TallyRow>): TallyRow => {
  const { n = 1, ...rest } = about;
  return {
    minute: 600,
    receiver: 7,
    worker: 1,
    outcome: 'completed',
    n,
    total: n * 10,
    lag: n * 100,
    buckets: inBucket(3, n),
    lags: inBucket(6, n),
    ...rest,
  };
};

const rowsIn = async ({ sql }: StoreHarness): Promise<unknown[]> =>
  (
    await sql`select seconds, extract(epoch from minute)::int as at, receiver_id as receiver, worker_id as worker, outcome, n::int, total_ms::int as total, lag_ms::int as lag,
      buckets[4] as b, lag_buckets[7] as l, cardinality(buckets) as length from signalbox.tally order by seconds, minute, receiver_id, worker_id, outcome`
  ).map((found) => Object.values(found));

test('a write has all that was counted of a minute: repeated, or overtaken by a later one, it changes nothing', async () => {
  await using h = await openStore();
  await h.store.tallies.writeRuns([row({ n: 2 })]);
  const nowUs = await h.store.tallies.writeRuns([row({ n: 2 }), row({ worker: 2 })]);
  expect(Math.abs(nowUs / 1_000 - Date.now())).toBeLessThan(60_000);
  await h.store.tallies.writeRuns([row({ n: 5 })]);
  await h.store.tallies.writeRuns([row({ n: 2 })]);
  expect(await rowsIn(h)).toEqual([
    [60, 600, 7, 1, 'completed', 5, 50, 500, 5, 5, BUCKETS],
    [60, 600, 7, 2, 'completed', 1, 10, 100, 1, 1, BUCKETS],
  ]);

  const [process, other] = [randomUUID(), randomUUID()];
  const emitted = { minute: 600, signal: 'a', cause: 7 };
  for (const n of [2, 5, 2]) await h.store.tallies.writeEmits([{ ...emitted, n }], process);
  await h.store.tallies.writeEmits([{ ...emitted, n: 1 }], other);
  expect(
    (await h.sql`select process_id as process, n::int from signalbox.emission_tally order by n desc`).map((found) => Object.values(found)),
  ).toEqual([
    [process, 5],
    [other, 1],
  ]);
});

test('rows of workers become one row, and those of minutes one of their hour; what is young stays', async () => {
  await using h = await openStore();
  const now = Math.floor(Date.now() / 60_000) * 60;
  const long = HOUR * 1_000;
  await h.store.tallies.writeRuns([
    ...[1, 2, 3].map((worker) => row({ worker, n: worker })),
    row({ minute: 660, n: 4 }),
    row({ minute: 660, n: 1, outcome: 'dead' }),
    row({ minute: HOUR + 60, n: 5 }),
    row({ minute: now, n: 6 }),
  ]);
  await h.store.tallies.writeEmits(
    [
      { minute: 600, signal: 'a', cause: 7, n: 2 },
      { minute: now, signal: 'a', cause: 7, n: 9 },
    ],
    randomUUID(),
  );
  await h.store.tallies.writeEmits([{ minute: 660, signal: 'a', cause: 7, n: 3 }], randomUUID());

  expect(await h.store.tallies.fold(60, long)).toBe(6);
  const minutes = [
    [60, 600, 7, 0, 'completed', 6, 60, 600, 6, 6, BUCKETS],
    [60, 660, 7, 0, 'completed', 4, 40, 400, 4, 4, BUCKETS],
    [60, 660, 7, 0, 'dead', 1, 10, 100, 1, 1, BUCKETS],
    [60, HOUR + 60, 7, 0, 'completed', 5, 50, 500, 5, 5, BUCKETS],
  ];
  const young = [60, now, 7, 1, 'completed', 6, 60, 600, 6, 6, BUCKETS];
  expect(await rowsIn(h)).toEqual([...minutes, young]);
  expect(await h.store.tallies.fold(60, long)).toBe(0);

  // A worker that wrote late adds to what is folded.
  await h.store.tallies.writeRuns([row({ n: 1 })]);
  expect(await h.store.tallies.fold(60, long)).toBe(1);
  expect((await rowsIn(h))[0]).toEqual([60, 600, 7, 0, 'completed', 7, 70, 700, 7, 7, BUCKETS]);

  expect(await h.store.tallies.fold(HOUR, 2 * DAY_MS)).toBe(4);
  const hours = [
    [HOUR, 0, 7, 0, 'completed', 11, 110, 1100, 11, 11, BUCKETS],
    [HOUR, 0, 7, 0, 'dead', 1, 10, 100, 1, 1, BUCKETS],
    [HOUR, HOUR, 7, 0, 'completed', 5, 50, 500, 5, 5, BUCKETS],
  ];
  expect(await rowsIn(h)).toEqual([young, ...hours]);
  expect(await h.store.tallies.fold(HOUR, 2 * DAY_MS)).toBe(0);
  expect(
    (
      await h.sql`select seconds, extract(epoch from minute)::int as at, process_id as process, n::int from signalbox.emission_tally order by seconds desc`
    ).map((found) => Object.values(found)),
  ).toEqual([
    [HOUR, 0, '00000000-0000-0000-0000-000000000000', 5],
    [60, now, expect.any(String), 9],
  ]);
});

test('a fold takes whole spans: the hour in which the age ends stays as it is', async () => {
  await using h = await openStore();
  const age = 2 * HOUR;
  const cut = Math.floor(Date.now() / 1_000) - age;
  const hour = Math.floor(cut / HOUR) * HOUR;
  // Both are old enough by themselves; the second is in the hour of the cut.
  await h.store.tallies.writeRuns([row({ minute: hour - 60 }), row({ minute: hour })]);
  expect(await h.store.tallies.fold(HOUR, age * 1_000)).toBe(1);
  expect((await rowsIn(h)).map((found) => (found as number[]).slice(0, 2))).toEqual([
    [60, hour],
    [HOUR, hour - HOUR],
  ]);
});

test('two folds at once lose and double nothing: the second passes over what the first has', async () => {
  await using h = await openStore();
  await h.store.tallies.writeRuns([1, 2, 3].map((worker) => row({ worker })));
  const first = await h.hold((_transaction, store) => store.tallies.fold(60, 1_000));
  expect(await h.store.tallies.fold(60, 1_000)).toBe(0);
  await first.commit();
  expect(await rowsIn(h)).toEqual([[60, 600, 7, 0, 'completed', 3, 30, 300, 3, 3, BUCKETS]]);
});

test('only hours are forgotten, by their age', async () => {
  await using h = await openStore();
  const now = Math.floor(Date.now() / 60_000) * 60;
  await h.store.tallies.writeRuns([row({}), row({ minute: now - 2 * 86_400 })]);
  await h.store.tallies.writeEmits([{ minute: 600, signal: 'a', cause: 0, n: 1 }], randomUUID());
  expect(await h.store.tallies.forget(DAY_MS)).toBe(0);
  await h.store.tallies.fold(HOUR, 1_000);
  expect(await h.store.tallies.forget(3 * DAY_MS)).toBe(2);
  expect(await rowsIn(h)).toHaveLength(1);
});
