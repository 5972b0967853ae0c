// The sleep of a loop: which wake-up ends which sleep. On a clock of the test's own.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wakeup } from '../../../src/worker/waking/wakeup.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether a sleep has ended by now, and how. */
async function stateOf(sleep: Promise<boolean>): Promise<'asleep' | 'woken' | 'over'> {
  const ended = sleep.then((wasWoken) => (wasWoken ? ('woken' as const) : ('over' as const)));
  await vi.advanceTimersByTimeAsync(0);
  return Promise.race([ended, Promise.resolve('asleep' as const)]);
}

test('a sleep ends when it is over, or when it is woken, and says which', async () => {
  const wakeup = new Wakeup();
  const first = wakeup.sleep(HOUR_MS);
  expect(await stateOf(first)).toBe('asleep');
  wakeup.wake();
  expect(await stateOf(first)).toBe('woken');
  const second = wakeup.sleep(HOUR_MS);
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(await stateOf(second)).toBe('over');
});

test('a wake-up before the sleep ends it at once, and only that one', async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  wakeup.wake();
  expect(await stateOf(wakeup.sleep(HOUR_MS))).toBe('woken');
  expect(await stateOf(wakeup.sleep(HOUR_MS))).toBe('asleep');
  expect(vi.getTimerCount()).toBe(1);
});
