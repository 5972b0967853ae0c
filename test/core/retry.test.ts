// Retry policies: the defaults, the options that are refused by name, and the arithmetic of the waits.
import { expect, test } from 'vitest';
import { backoffMs, DEFAULT_RETRY, type RetryOptions, retryPolicy } from '../../src/core/retry.ts';

const ALMOST_ONE = 1 - Number.EPSILON;

test('the default policy allows twelve attempts, 1 s × 3ⁿ up to 12 h, ±20 %', () => {
  const policy = { attempts: 12, delayMs: 1_000, factor: 3, maxDelayMs: 12 * 3_600_000, jitter: 0.2 };
  expect(retryPolicy(undefined, 'test')).toEqual(policy);
  expect(retryPolicy({}, 'test')).toEqual(policy);
});

test('a policy keeps the given options and gets defaults for the others', () => {
  expect(retryPolicy({ attempts: 1, delay: '2s', maxDelay: '1m' }, 'test')).toEqual({
    ...DEFAULT_RETRY,
    attempts: 1,
    delayMs: 2_000,
    maxDelayMs: 60_000,
  });
  expect(retryPolicy({ factor: 1, jitter: 0, delay: 0, maxDelay: 0 }, 'test')).toEqual({
    attempts: 12,
    delayMs: 0,
    factor: 1,
    maxDelayMs: 0,
    jitter: 0,
  });
  expect(retryPolicy({ attempts: 10_000, factor: 100, jitter: 1 }, 'test')).toMatchObject({ attempts: 10_000, factor: 100, jitter: 1 });
});

test.each<[RetryOptions, names: string]>([
  [{ attempts: 0 }, 'retry.attempts'],
  [{ attempts: -1 }, 'retry.attempts'],
  [{ attempts: 1.5 }, 'retry.attempts'],
  [{ attempts: 10_001 }, 'retry.attempts'],
  [{ attempts: NaN }, 'retry.attempts'],
  [{ attempts: Infinity }, 'retry.attempts'],
  [{ attempts: '3' as unknown as number }, 'retry.attempts'],
  [{ factor: 0.5 }, 'retry.factor'],
  [{ factor: 101 }, 'retry.factor'],
  [{ factor: NaN }, 'retry.factor'],
  [{ jitter: -0.1 }, 'retry.jitter'],
  [{ jitter: 1.1 }, 'retry.jitter'],
  [{ jitter: NaN }, 'retry.jitter'],
  [{ delay: 'soon' as '1s' }, 'retry.delay'],
  [{ delay: -1 }, 'retry.delay'],
  [{ maxDelay: Infinity }, 'retry.maxDelay'],
])('the policy %j is refused', (options, names) => {
  expect(() => retryPolicy(options, 'Order.onPaid')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(`Order.onPaid: ${names} is `) as string }),
  );
});

test.each<[attempt: number, least: number, middle: number, most: number]>([
  [1, 800, 1_000, 1_200],
  [2, 2_400, 3_000, 3_600],
  [3, 7_200, 9_000, 10_800],
  [4, 21_600, 27_000, 32_400],
  [5, 64_800, 81_000, 97_200],
  [6, 194_400, 243_000, 291_600],
  [7, 583_200, 729_000, 874_800],
  [8, 1_749_600, 2_187_000, 2_624_400],
  [9, 5_248_800, 6_561_000, 7_873_200],
  [10, 15_746_400, 19_683_000, 23_619_600],
  [11, 34_560_000, 43_200_000, 51_840_000],
  [12, 34_560_000, 43_200_000, 51_840_000],
  [10_000, 34_560_000, 43_200_000, 51_840_000],
])('after attempt %d the random wait has minimum %d, middle %d and maximum %d ms', (attempt, least, middle, most) => {
  expect([0, 0.5, ALMOST_ONE].map((random) => backoffMs(DEFAULT_RETRY, attempt, random))).toEqual([least, middle, most]);
});

test('twelve attempts take about twenty hours', () => {
  const waits = Array.from({ length: DEFAULT_RETRY.attempts - 1 }, (_, index) => backoffMs(DEFAULT_RETRY, index + 1, 0.5));
  expect(waits.reduce((sum, wait) => sum + wait) / 3_600_000).toBeCloseTo(20.2, 1);
});

test.each<[what: string, options: RetryOptions, attempt: number, random: number, wait: number]>([
  ['a factor of 1 waits the same each time', { factor: 1, delay: '5s', jitter: 0 }, 9, 0.5, 5_000],
  ['no jitter is not varied', { jitter: 0 }, 2, 0.9, 3_000],
  ['the whole jitter reaches down to nothing', { jitter: 1 }, 1, 0, 0],
  ['the whole jitter reaches up to twice the wait', { jitter: 1 }, 1, 1, 2_000],
  ['a first wait is cut by a shorter maximum', { delay: '1m', maxDelay: '10s', jitter: 0 }, 1, 0.5, 10_000],
  ['a fraction is rounded to whole milliseconds', { delay: 1, factor: 1.5, jitter: 0 }, 2, 0.5, 2],
  ['no delay stays none, also where the factor outgrows all numbers', { delay: 0, attempts: 10_000 }, 9_999, 0.5, 0],
])('%s', (_what, options, attempt, random, wait) => {
  expect(backoffMs(retryPolicy(options, 'test'), attempt, random)).toBe(wait);
});
