// The failure detector on a clock of the test: the time for which it waits, and that it checks twice.
// test/store/workers/liveness.test.ts tests the results of the two checks in the tables.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { UnlockedWorker, WorkersStore } from '../../src/store/workers/workers.ts';
import { FailureDetector } from '../../src/liveness/failure-detector.ts';

// Vitest's clock does not control the functions of this module; these are of the same kind, and follow that clock.
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)) }));

const GRACE_MS = 3_000;
const ME = 7;
const UNLOCKED: readonly UnlockedWorker[] = [{ id: 8, lease: '2026-01-01 00:00:10+00' }];

/** A detector that finds the locks of `unlocked` workers free, and those of `dead` of them also at the second check. */
function detecting(unlocked: readonly UnlockedWorker[], dead: number): { detector: FailureDetector; checks: unknown[][] } {
  const begun = performance.now();
  const checks: unknown[][] = [];
  const see = (what: unknown): unknown => checks.push([performance.now() - begun, what]);
  const workers: Pick<WorkersStore, 'findUnlocked' | 'markUnlockedDead'> = {
    findUnlocked: async (workerId, { known }) => {
      see(known ? `${workerId} known` : workerId);
      return [...unlocked];
    },
    markUnlockedDead: async (seen, { known }) => {
      see(known ? 'known' : seen);
      return dead;
    },
  };
  return { detector: new FailureDetector(workers, GRACE_MS), checks };
}

/** The result of a check, however long it takes. */
async function check(detector: FailureDetector): Promise<boolean> {
  const checking = detector.check(ME);
  await vi.advanceTimersByTimeAsync(1_000);
  return checking;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a worker whose lock is free is checked again 300 ms later, and marked dead only then', async () => {
  const { detector, checks } = detecting(UNLOCKED, 1);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await check(detector)).toBe(true);
  expect(checks).toEqual([
    [GRACE_MS, ME],
    [GRACE_MS + 300, UNLOCKED],
  ]);
});

test('a worker that has shown life at the second check is not dead', async () => {
  const { detector, checks } = detecting(UNLOCKED, 0);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await check(detector)).toBe(false);
  expect(checks).toHaveLength(2);
});

test('if all workers hold their locks, there is no second check', async () => {
  const { detector, checks } = detecting([], 0);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await check(detector)).toBe(false);
  expect(checks).toEqual([[GRACE_MS, ME]]);
});

test('during the grace period after its start, it considers only workers that have renewed since the server last started', async () => {
  const { detector, checks } = detecting(UNLOCKED, 1);
  expect(await check(detector)).toBe(true);
  await vi.advanceTimersByTimeAsync(GRACE_MS - 1_001);
  expect(await check(detector)).toBe(true);
  expect(await check(detector)).toBe(true);
  expect(checks.map(([, what]) => what)).toEqual([`${ME} known`, 'known', `${ME} known`, 'known', ME, UNLOCKED]);
});

test('after a failure it checks no worker for the same time, counted from the failure', async () => {
  const { detector, checks } = detecting(UNLOCKED, 1);
  detector.holdOff();
  expect(await check(detector)).toBe(false);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  detector.holdOff();
  await vi.advanceTimersByTimeAsync(GRACE_MS - 1);
  expect(await check(detector)).toBe(false);
  expect(checks).toEqual([]);
  expect(await check(detector)).toBe(true);
});
