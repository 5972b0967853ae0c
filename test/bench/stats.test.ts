// Tests that medians, spreads and comparisons are right.
import { expect, test } from 'vitest';
import { collect, median, percentile, type Sample, timesBetter } from './stats.ts';

const sample = (row: string, value: number): Sample => ({ row, unit: 'tx/s', better: 'higher', value });

test('the median of an even number of rounds lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('the median of one round is that round', () => {
  expect(median([7])).toBe(7);
});

test('the median of no rounds is not a number', () => {
  expect(median([])).toBeNaN();
});

test('a percentile lies between its neighbours, by its distance from them', () => {
  expect(percentile([0, 10], 0.99)).toBeCloseTo(9.9);
});

test('the rounds of a row are brought together, and rows keep their order', () => {
  const rounds = [
    [sample('b', 1), sample('a', 10)],
    [sample('b', 3), sample('a', 20)],
  ];
  expect(collect('floor', rounds)).toEqual([
    { row: 'b', system: 'floor', unit: 'tx/s', better: 'higher', median: 2, rounds: [1, 3] },
    { row: 'a', system: 'floor', unit: 'tx/s', better: 'higher', median: 15, rounds: [10, 20] },
  ]);
});

test('a note of a sample is a note of its result', () => {
  expect(collect('floor', [[{ ...sample('a', 1), note: 'documented' }]])).toMatchObject([{ note: 'documented' }]);
});

test('parts are brought together by their medians, and a setting stays', () => {
  const samples = [1, 2, 9].map((part) => [{ ...sample('a', part), parts: { server: part }, setting: 'batch 50' }]);
  expect(collect('floor', samples)).toMatchObject([{ parts: { server: 2 }, setting: 'batch 50' }]);
});

test('twice the rate is twice as good, and so is half the time', () => {
  expect(timesBetter('higher', 20, 10)).toBe(2);
  expect(timesBetter('lower', 5, 10)).toBe(2);
});
