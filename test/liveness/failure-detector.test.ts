// The watch on a clock of the test's own: how long it leaves the others alone, and that it looks twice. What the two looks
// find in the tables is tested in test/store/liveness.test.ts.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { UnlockedWorker, WorkersStore } from '../../src/store/workers/workers.ts';
import { Watch } from '../../src/liveness/failure-detector.ts';

// Vitest's clock has no hold on the functions of this module; these are of the same kind, and follow it.
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)) }));

const GRACE_MS = 3_000;
const ME = 7;
const FREED: readonly UnlockedWorker[] = [{ id: 8, lease: '2026-01-01 00:00:10+00' }];

/** A watch whose workers' locks are free as `freed` says, of whom `lost` are so at the second look, too. */
function watching(freed: readonly UnlockedWorker[], lost: number): { watch: Watch; looks: unknown[][] } {
  const begun = performance.now();
  const looks: unknown[][] = [];
  const see = (what: unknown): unknown => looks.push([performance.now() - begun, what]);
  const workers: Pick<WorkersStore, 'findUnlocked' | 'markUnlockedDead'> = {
    findUnlocked: async (workerId, { known }) => {
      see(known ? `${workerId} known` : workerId);
      return [...freed];
    },
    markUnlockedDead: async (seen, { known }) => {
      see(known ? 'known' : seen);
      return lost;
    },
  };
  return { watch: new Watch(workers as WorkersStore, GRACE_MS), looks };
}

/** What a look comes to, however long it takes. */
async function look(watch: Watch): Promise<boolean> {
  const looking = watch.look(ME);
  await vi.advanceTimersByTimeAsync(1_000);
  return looking;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('who is found without its lock is looked at again 300 ms later, and lost only then', async () => {
  const { watch, looks } = watching(FREED, 1);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await look(watch)).toBe(true);
  expect(looks).toEqual([
    [GRACE_MS, ME],
    [GRACE_MS + 300, FREED],
  ]);
});

test('who has shown life at the second look is not dead', async () => {
  const { watch, looks } = watching(FREED, 0);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await look(watch)).toBe(false);
  expect(looks).toHaveLength(2);
});

test('where all hold their locks there is no second look', async () => {
  const { watch, looks } = watching([], 0);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(await look(watch)).toBe(false);
  expect(looks).toEqual([[GRACE_MS, ME]]);
});

test('after its start it gives up only those that the server has known since it keeps locks, for as long as the grace lasts', async () => {
  const { watch, looks } = watching(FREED, 1);
  expect(await look(watch)).toBe(true);
  await vi.advanceTimersByTimeAsync(GRACE_MS - 1_001);
  expect(await look(watch)).toBe(true);
  expect(await look(watch)).toBe(true);
  expect(looks.map(([, what]) => what)).toEqual([`${ME} known`, 'known', `${ME} known`, 'known', ME, FREED]);
});

test('after a failure it leaves all alone for as long, counted from the failure', async () => {
  const { watch, looks } = watching(FREED, 1);
  watch.unwell();
  expect(await look(watch)).toBe(false);
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  watch.unwell();
  await vi.advanceTimersByTimeAsync(GRACE_MS - 1);
  expect(await look(watch)).toBe(false);
  expect(looks).toEqual([]);
  expect(await look(watch)).toBe(true);
});
