// Durations and retry policies: what is taken, what is refused by name, and the arithmetic of waiting.
import { expect, test } from 'vitest';
import { type Duration, toMs } from '../../src/core/duration.ts';
import { backoffMs, DEFAULT_RETRY, type RetryOptions, retryPolicy } from '../../src/core/retry.ts';

test.each<[Duration, number]>([
  [0, 0],
  [1_500, 1_500],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('%s is a duration', (duration, ms) => {
  expect(toMs(duration, 'test')).toBe(ms);
});

test.each([-1, NaN, Infinity, 1e15, '', '5', 's', '5 s', '-5s', '1e3s', '5y', null, {}])('%s is no duration', (duration) => {
  expect(() => toMs(duration as Duration, 'Worker: lease')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining('Worker: lease') as string }),
  );
});

test('a policy fills in what is not said', () => {
  expect(retryPolicy(undefined, 'test')).toEqual(DEFAULT_RETRY);
  expect(retryPolicy({ attempts: 1, delay: '2s', maxDelay: '1m' }, 'test')).toEqual({
    ...DEFAULT_RETRY,
    attempts: 1,
    delayMs: 2_000,
    maxDelayMs: 60_000,
  });
});

test.each<[RetryOptions, names: string]>([
  [{ attempts: 0 }, 'retry.attempts'],
  [{ attempts: 1.5 }, 'retry.attempts'],
  [{ attempts: 10_001 }, 'retry.attempts'],
  [{ factor: 0.5 }, 'retry.factor'],
  [{ factor: NaN }, 'retry.factor'],
  [{ jitter: -0.1 }, 'retry.jitter'],
  [{ jitter: 2 }, 'retry.jitter'],
  [{ delay: 'soon' as '1s' }, 'retry.delay'],
  [{ maxDelay: -1 }, 'retry.maxDelay'],
])('the policy %j is refused', (options, names) => {
  expect(() => retryPolicy(options, 'Order.onPaid')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(`Order.onPaid: ${names}`) as string }),
  );
});

test('a wait is varied by its jitter and no more, also the longest', () => {
  expect([0, 0.5, 1].map((random) => backoffMs(DEFAULT_RETRY, 1, random))).toEqual([800, 1_000, 1_200]);
  expect([0, 0.5, 1].map((random) => backoffMs(DEFAULT_RETRY, 5_000, random))).toEqual([34_560_000, 43_200_000, 51_840_000]);
});
