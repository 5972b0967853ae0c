// How often a worker asks the database for others: on a clock of the test's own.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchAndRescue, type RecoveryParts } from '../../src/liveness/recovery.ts';
import type { Watch } from '../../src/liveness/failure-detector.ts';

const LEASE_MS = 10_000;

interface Counts {
  looks: number;
  rescues: number;
}

/** What is asked within a minute. */
async function aMinuteOf(isWatching: boolean): Promise<Counts> {
  const counts: Counts = { looks: 0, rescues: 0 };
  let runs = true;
  const parts = { workers: { rescue: async () => (counts.rescues++, []) } } as unknown as RecoveryParts;
  const over = watchAndRescue(parts, {
    leaseMs: LEASE_MS,
    watch: { look: async () => (counts.looks++, false), unwell: () => {} } as unknown as Watch,
    isWatching: () => isWatching,
    workerId: () => 1,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    isRunning: () => runs,
    onRescued: () => {},
    onError: () => {},
  });
  await vi.advanceTimersByTimeAsync(60_000);
  runs = false;
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  await over;
  return counts;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('with others it looks at them all the time, and takes back what is over a few times in a lease', async () => {
  const { looks, rescues } = await aMinuteOf(true);
  expect(looks).toBe(151);
  expect(rescues).toBeLessThanOrEqual(25);
});

test('alone it looks every few seconds whether it still is', async () => {
  const { looks, rescues } = await aMinuteOf(false);
  expect([looks, rescues]).toEqual([13, 25]);
});
