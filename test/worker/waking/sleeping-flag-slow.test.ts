// The sleeping flag on a slow session: a caller that stops waiting for the flag must not leave it set.
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import type { SleepingState } from '../../../src/store/workers/workers.ts';
import { SleepingFlag } from '../../../src/worker/waking/sleeping-flag.ts';
import { Latch } from '../../support/latch.ts';

const run = (async () => []) as unknown as Run;

/** A session that answers `markSleeping` when `gate` opens, and records its statements. */
function slowly(answer: () => SleepingState = () => 'safe') {
  const gate = new Latch();
  const began = new Latch();
  const calls: string[] = [];
  const workers = {
    markSleeping: async () => {
      began.open();
      await gate.opened;
      calls.push('marked');
      return answer();
    },
    hasPendingAppends: async () => {
      calls.push('asked');
      return false;
    },
    clearSleeping: async () => void calls.push('cleared'),
  };
  return { gate, began, calls, flag: new SleepingFlag(workers, () => run) };
}

test('a flag that is cleared while it is being set is cleared once it is set', async () => {
  const { gate, calls, flag } = slowly();
  void flag.mark();
  const cleared = flag.clear();
  gate.open();
  await cleared;
  expect([calls, flag.state]).toEqual([['marked', 'cleared'], 'unset']);
});

test('a flag that is being set is not set twice, because one lock would stay', async () => {
  const { gate, calls, flag } = slowly();
  const both = [flag.mark(), flag.mark()];
  gate.open();
  expect(await Promise.all(both)).toEqual(['safe', 'safe']);
  expect(calls).toEqual(['marked', 'asked']);
});

test('a flag that was being set on a lost session is not set, and is not waited for', async () => {
  const { gate, calls, flag } = slowly();
  const marking = flag.mark();
  flag.lost();
  await flag.clear();
  expect(calls).toEqual([]);
  gate.open();
  await marking;
  expect(flag.state).toBe('unset');
});

test('a flag whose session is lost during its answer is not set, and is not waited for', async () => {
  const { gate, began, calls, flag } = slowly();
  const marking = flag.mark();
  await began.opened;
  flag.lost();
  await flag.clear();
  gate.open();
  await marking;
  expect([calls, flag.state]).toEqual([['marked'], 'unset']);
});

test('a flag that cannot be set stays unset, and the next try may set it', async () => {
  let works = false;
  const { gate, flag } = slowly(() => {
    if (works) return 'pending';
    throw new Error('the session is lost');
  });
  gate.open();
  expect(await flag.mark()).toBe('unset');
  works = true;
  expect(await flag.mark()).toBe('pending');
});
