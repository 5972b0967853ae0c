// The sleep of a loop and the wake-ups that end it, on a clock of the test.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wakeup } from '../../../src/worker/waking/wakeup.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Returns whether and how a sleep has ended by now. */
async function stateOf(sleep: Promise<boolean>): Promise<'asleep' | 'woken' | 'over'> {
  const ended = sleep.then((wasWoken) => (wasWoken ? ('woken' as const) : ('over' as const)));
  await vi.advanceTimersByTimeAsync(0);
  return Promise.race([ended, Promise.resolve('asleep' as const)]);
}

test('a sleep ends by its time or by a wake-up, and reports which', async () => {
  const wakeup = new Wakeup();
  const first = wakeup.sleep(HOUR_MS);
  expect(await stateOf(first)).toBe('asleep');
  wakeup.wake();
  expect(await stateOf(first)).toBe('woken');
  const second = wakeup.sleep(HOUR_MS);
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(await stateOf(second)).toBe('over');
});

test('a wake-up before a sleep ends that sleep at once, and no other', async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  wakeup.wake();
  expect(await stateOf(wakeup.sleep(HOUR_MS))).toBe('woken');
  expect(await stateOf(wakeup.sleep(HOUR_MS))).toBe('asleep');
  expect(vi.getTimerCount()).toBe(1);
});
