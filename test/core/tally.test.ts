// Buckets and quantiles: pure.
import { array, assert, double, property } from 'fast-check';
import { expect, test } from 'vitest';
import { BUCKET_BOUNDS, bucketOf, BUCKETS, emptyBuckets, quantileOf } from '../../src/core/tally.ts';

test('a bucket holds what is up to its bound, and the last one what is longer than all', () => {
  expect([0, 1, 1.01, 2, 4.9, 3_600_000, 3_600_001].map(bucketOf)).toEqual([0, 0, 1, 1, 2, BUCKETS - 2, BUCKETS - 1]);
});

const bucketsOf = (times: readonly number[]): number[] => {
  const buckets = emptyBuckets();
  for (const time of times) buckets[bucketOf(time)]!++;
  return buckets;
};

test('a quantile lies in the bucket of the time at its place', () => {
  assert(
    property(
      array(double({ min: 0.01, max: 3_600_000, noNaN: true }), { minLength: 1 }),
      double({ min: 0.01, max: 1, noNaN: true }),
      (times, q) => {
        const exact = times.toSorted((a, b) => a - b)[Math.ceil(q * times.length - 1e-9) - 1]!;
        const found = quantileOf(bucketsOf(times), q)!;
        expect(
          [BUCKET_BOUNDS[bucketOf(exact) - 1] ?? 0, BUCKET_BOUNDS[bucketOf(exact)]!].some((bound) => Math.abs(bound - found) < 1e-6) ||
            bucketOf(found) === bucketOf(exact),
        ).toBe(true);
      },
    ),
  );
});

test('of nothing there is no quantile, and of what is longer than all bounds it is the last one', () => {
  expect(quantileOf(bucketsOf([]), 0.5)).toBeUndefined();
  expect(quantileOf(bucketsOf([4_000_000]), 0.5)).toBe(3_600_000);
});
