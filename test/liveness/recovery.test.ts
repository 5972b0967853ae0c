// The frequency with which a worker checks the others and rescues, on a clock of the test.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkAndRescue } from '../../src/liveness/recovery.ts';
import { Events } from '../../src/observe/events.ts';
import { silentLogger } from '../../src/observe/log.ts';

const LEASE_MS = 10_000;

interface Counts {
  checks: number;
  rescues: number;
}

/** Counts each within a minute. */
async function aMinuteOf(hasOthers: boolean): Promise<Counts> {
  const counts: Counts = { checks: 0, rescues: 0 };
  const stopping = new AbortController();
  const parts = { workers: { rescue: async () => (counts.rescues++, []) }, events: new Events(silentLogger) };
  const options = {
    leaseMs: LEASE_MS,
    failureDetector: { check: async () => (counts.checks++, false), holdOff: () => {} },
    hasOthers: () => hasOthers,
    workerId: () => 1,
    sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    onRescued: () => {},
    onDead: () => {},
    onError: () => {},
  };
  const over = checkAndRescue(parts, options, stopping.signal);
  await vi.advanceTimersByTimeAsync(60_000);
  stopping.abort();
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  await over;
  return counts;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('with other workers, a worker checks them all the time, and rescues a few times in a lease', async () => {
  const { checks, rescues } = await aMinuteOf(true);
  expect(checks).toBe(151);
  expect(rescues).toBeLessThanOrEqual(25);
});

test('without other workers, a worker checks every few seconds whether there are some', async () => {
  const { checks, rescues } = await aMinuteOf(false);
  expect([checks, rescues]).toEqual([13, 25]);
});
