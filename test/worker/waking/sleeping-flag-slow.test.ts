// A bell on a session that takes its time: whoever gave up waiting for it to hang must not leave it hanging.
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import type { BellState, WorkersStore } from '../../../src/store/workers/workers.ts';
import { Doorbell } from '../../../src/worker/waking/sleeping-flag.ts';
import { Latch } from '../../support/latch.ts';

const run = (async () => []) as unknown as Run;

/** A session that answers `hangBell` when `gate` opens, and notes what it has done. */
function slowly(answer: () => BellState = () => 'calm') {
  const gate = new Latch();
  const began = new Latch();
  const acts: string[] = [];
  const workers = {
    hangBell: async () => {
      began.open();
      await gate.opened;
      acts.push('hung');
      return answer();
    },
    listenAtDoor: async () => {
      acts.push('asked');
      return 'calm';
    },
    takeBellDown: async () => void acts.push('down'),
  } as unknown as WorkersStore;
  return { gate, began, acts, bell: new Doorbell(workers, () => run) };
}

test('a bell that is taken down while it is being hung out is taken down once it hangs', async () => {
  const { gate, acts, bell } = slowly();
  void bell.hang();
  const down = bell.takeDown();
  gate.open();
  await down;
  expect([acts, bell.state]).toEqual([['hung', 'down'], 'none']);
});

test('a bell that is being hung out is not hung out twice: one lock would stay', async () => {
  const { gate, acts, bell } = slowly();
  const both = [bell.hang(), bell.hang()];
  gate.open();
  expect(await Promise.all(both)).toEqual(['calm', 'calm']);
  expect(acts).toEqual(['hung', 'asked']);
});

test('a bell that was being hung out on a session that is lost hangs nowhere, and is not waited for', async () => {
  const { gate, acts, bell } = slowly();
  const hanging = bell.hang();
  bell.lost();
  await bell.takeDown();
  expect(acts).toEqual([]);
  gate.open();
  await hanging;
  expect(bell.state).toBe('none');
});

test('a bell whose session is lost while it answers hangs nowhere, and is not waited for', async () => {
  const { gate, began, acts, bell } = slowly();
  const hanging = bell.hang();
  await began.opened;
  bell.lost();
  await bell.takeDown();
  gate.open();
  await hanging;
  expect([acts, bell.state]).toEqual([['hung'], 'none']);
});

test('a bell that cannot be hung out is none, and the next try is one', async () => {
  let works = false;
  const { gate, bell } = slowly(() => {
    if (works) return 'hung';
    throw new Error('the session is lost');
  });
  gate.open();
  expect(await bell.hang()).toBe('none');
  works = true;
  expect(await bell.hang()).toBe('hung');
});
