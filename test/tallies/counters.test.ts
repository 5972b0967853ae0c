// What a process counts in memory: what is written, what is written again, and when a minute is dropped.
import { expect, test } from 'vitest';
import { Counters } from '../../src/tallies/counters.ts';

const MINUTE = 60_000;
const rowsOf = (counters: Counters): unknown[] =>
  counters
    .unwrittenRuns()
    .rows.map(({ minute, worker, receiver, outcome, n, total, lag }) => [minute, worker, receiver, outcome, n, total, lag]);

test('runs are added up by minute, worker, receiver and outcome', () => {
  const counters = new Counters();
  counters.run(10, 1, 7, 'completed', 5, 100);
  counters.run(MINUTE - 1, 1, 7, 'completed', 6, 200);
  counters.run(MINUTE - 1, 1, 7, 'dead', 1, 0);
  counters.run(MINUTE - 1, 2, 7, 'completed', 1, 0);
  counters.run(MINUTE - 1, 1, 8, 'completed', 1, 0);
  counters.run(MINUTE, 1, 7, 'completed', 1, 0);
  expect(rowsOf(counters)).toEqual([
    [0, 1, 7, 'completed', 2, 11, 300],
    [0, 1, 7, 'dead', 1, 1, 0],
    [0, 1, 8, 'completed', 1, 1, 0],
    [0, 2, 7, 'completed', 1, 1, 0],
    [60, 1, 7, 'completed', 1, 1, 0],
  ]);
});

test('a row is written with all that its minute has counted, and again only when more has come', () => {
  const counters = new Counters();
  counters.run(10, 1, 7, 'completed', 5, 0);
  const first = counters.unwrittenRuns();
  counters.run(20, 1, 7, 'completed', 5, 0);
  // What was counted while the first was written is not in it.
  expect(first.rows).toMatchObject([{ n: 1, total: 5 }]);
  first.done();
  const second = counters.unwrittenRuns();
  expect(second.rows).toMatchObject([{ n: 2, total: 10 }]);
  second.done();
  expect(counters.unwrittenRuns().rows).toEqual([]);
});

test('emissions are added up by signal and cause', () => {
  const counters = new Counters();
  for (const [signal, cause, n] of [
    ['a', 0, 2],
    ['a', 0, 1],
    ['a', 7, 1],
    ['b', 0, 1],
  ] as const)
    counters.emitted(10, { signal, cause, n });
  const { rows, done } = counters.unwrittenEmits();
  expect(rows).toEqual([
    { minute: 0, signal: 'a', cause: 0, n: 3 },
    { minute: 0, signal: 'a', cause: 7, n: 1 },
    { minute: 0, signal: 'b', cause: 0, n: 1 },
  ]);
  done();
  expect(counters.unwrittenEmits().rows).toEqual([]);
});

test('a minute is dropped once it is over and written, or when it is half an hour old', () => {
  const counters = new Counters();
  counters.run(0, 1, 7, 'completed', 1, 0);
  counters.unwrittenRuns().done();
  counters.dropOld(MINUTE - 1);
  expect(counters.isEmpty).toBe(false);
  counters.dropOld(MINUTE);
  expect(counters.isEmpty).toBe(true);

  counters.run(MINUTE, 1, 7, 'completed', 1, 0);
  counters.dropOld(30 * MINUTE);
  expect(rowsOf(counters)).toHaveLength(1);
  counters.dropOld(31 * MINUTE);
  expect(counters.isEmpty).toBe(true);
});

test('no more than half an hour is kept, however long nothing is written', () => {
  const counters = new Counters();
  for (let minute = 0; minute < 100; minute++) counters.run(minute * MINUTE, 1, 7, 'completed', 1, 0);
  expect(rowsOf(counters)).toHaveLength(30);
});

test('a clock that is set back counts on in the minute that it was in', () => {
  const counters = new Counters();
  counters.run(5 * MINUTE, 1, 7, 'completed', 1, 0);
  counters.run(4 * MINUTE, 1, 7, 'completed', 1, 0);
  expect(rowsOf(counters)).toEqual([[300, 1, 7, 'completed', 2, 2, 0]]);
});

test('a death by a spent crash budget counts, and has no time', () => {
  const counters = new Counters();
  counters.run(10, 1, 7, 'dead', 5, 100);
  counters.died(20, 1, 7);
  const [row] = counters.unwrittenRuns().rows;
  expect(row).toMatchObject({ outcome: 'dead', n: 2, total: 5, lag: 100 });
  for (const each of [row!.buckets, row!.lags]) expect(each.reduce((sum, n) => sum + n, 0)).toBe(1);
});
