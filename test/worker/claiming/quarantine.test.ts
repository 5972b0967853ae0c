// How a suspect gets to run alone, on a clock of the test's own: a worker that is never idle makes room for it, and takes
// nothing beside it (slots.test.ts has the rest of that). Which deliveries are suspects, and that a claim takes one, is tested in test/store/workers/crashes.test.ts.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { Claims } from '../../../src/worker/claiming/claims.ts';
import type { Company } from '../../../src/liveness/process-members.ts';
import { Solitude } from '../../../src/worker/claiming/quarantine.ts';

const LOOK_EVERY_MS = 5_000;

const SUSPECT = { id: '1', alone: true } as ClaimedDelivery;
const OTHER = { id: '2', alone: false } as ClaimedDelivery;

/** What waits, and what was asked of the claims. */
class Stage {
  suspectWaits = false;
  otherWaits = true;
  readonly asked: string[] = [];
  /** What the other workers of the process do. */
  readonly others = { isPaused: false, isAlone: true };
  wentOn = 0;
  /** Happens while a claim is under way. */
  meanwhile = (): void => {};
  readonly solitude = new Solitude(
    {
      take: async (free: number, { alone }: { alone: boolean }) => {
        this.asked.push(`take ${free}${alone ? ' or alone' : ''}`);
        this.meanwhile();
        return free > 0 && this.otherWaits ? [OTHER] : this.suspectWaits && alone ? [SUSPECT] : [];
      },
      giveBack: async () => void this.asked.push('give back'),
      hasSuspect: async () => {
        this.asked.push('look');
        return this.suspectWaits;
      },
    } as unknown as Claims,
    Object.assign(this.others, { isThrough: () => this.wentOn++, holdsLess: () => {} }) as unknown as Company,
  );

  async take(free: number, running: number): Promise<readonly ClaimedDelivery[] | undefined> {
    this.asked.length = 0;
    return this.solitude.take(free, running);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a worker that runs nothing may take a suspect; one that runs something may not, nor does it look for one yet', async () => {
  const stage = new Stage();
  await stage.take(5, 0);
  expect(stage.asked).toEqual(['take 5 or alone']);
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await stage.take(3, 2);
  expect(stage.asked).toEqual(['take 3']);
});

test('a worker without a free slot asks for nothing', async () => {
  const stage = new Stage();
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  expect(await stage.take(0, 5)).toBeUndefined();
  expect(stage.asked).toEqual([]);
});

test('a worker that is never idle looks every 5 s, and goes on where no suspect waits', async () => {
  const stage = new Stage();
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  expect(await stage.take(3, 2)).toEqual([OTHER]);
  expect(stage.asked).toEqual(['look', 'take 3']);
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await stage.take(3, 2);
  expect(stage.asked).toEqual(['take 3']);
  await vi.advanceTimersByTimeAsync(1);
  await stage.take(3, 2);
  expect(stage.asked).toEqual(['look', 'take 3']);
});

test('it makes room for a suspect: its receivers end, it takes the suspect and nothing else, and goes on when that is over', async () => {
  const stage = new Stage();
  stage.suspectWaits = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  expect(await stage.take(3, 2)).toBeUndefined();
  expect(stage.asked).toEqual(['look']);
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  expect(await stage.take(4, 1)).toBeUndefined();
  expect(stage.asked).toEqual([]);
  expect(await stage.take(5, 0)).toEqual([SUSPECT]);
  expect(stage.asked).toEqual(['take 0 or alone']);
  stage.suspectWaits = false;
  expect(await stage.take(5, 0)).toEqual([OTHER]);
});

test('a suspect that somebody else took meanwhile is not waited for: the next claim is like any other', async () => {
  const stage = new Stage();
  stage.suspectWaits = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  await stage.take(3, 2);
  stage.suspectWaits = false;
  expect(await stage.take(5, 0)).toEqual([OTHER]);
  expect(stage.asked).toEqual(['take 0 or alone', 'take 5 or alone']);
  expect(await stage.take(3, 2)).toEqual([OTHER]);
  expect(stage.asked).toEqual(['take 3']);
});

test('a worker that has run all it had, and finds more each time, makes room as well: also one that runs one at a time', async () => {
  const stage = new Stage();
  stage.suspectWaits = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  expect(await stage.take(1, 0)).toEqual([OTHER]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await stage.take(1, 0)).toEqual([SUSPECT]);
  expect(stage.asked).toEqual(['look', 'take 0 or alone']);
  expect(await stage.take(1, 0)).toEqual([OTHER]);
});

test.each([
  ['nothing', false, []],
  ['a suspect', true, [SUSPECT]],
])('a worker that found %s when it was idle just now has no need to look', async (_what, suspectWaits, found) => {
  const stage = new Stage();
  stage.otherWaits = false;
  stage.suspectWaits = suspectWaits;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS - 1);
  expect(await stage.take(5, 0)).toEqual(found);
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await stage.take(3, 2);
  expect(stage.asked).toEqual(['take 3']);
});

test('a worker that finds nothing beside what it runs is not idle', async () => {
  const stage = new Stage();
  stage.otherWaits = false;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS - 1);
  expect(await stage.take(3, 2)).toEqual([]);
  await vi.advanceTimersByTimeAsync(2);
  await stage.take(3, 2);
  expect(stage.asked).toEqual(['look', 'take 3']);
});

test('beside others of its process it takes no suspect by itself, and is not idle', async () => {
  const stage = new Stage();
  Object.assign(stage, { suspectWaits: true, otherWaits: false });
  stage.others.isAlone = false;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS - 1);
  expect(await stage.take(5, 0)).toEqual([]);
  expect(stage.asked).toEqual(['take 5']);
  await vi.advanceTimersByTimeAsync(2);
  expect(await stage.take(5, 0)).toBeUndefined();
  expect(stage.asked).toEqual(['look']);
  expect(stage.solitude.isWanted).toBe(true);
  stage.others.isAlone = true;
  expect(await stage.take(5, 0)).toEqual([SUSPECT]);
  expect(stage.solitude.isWanted).toBe(true);
  stage.suspectWaits = false;
  expect(stage.wentOn).toBe(0);
  await stage.take(5, 0);
  expect([stage.wentOn, stage.solitude.isWanted]).toEqual([1, false]);
});

test('while another of its process is to be alone, it claims nothing', async () => {
  const stage = new Stage();
  stage.others.isPaused = true;
  expect(await stage.take(5, 0)).toBeUndefined();
  expect(stage.asked).toEqual([]);
});

test('a suspect that it took while another of its process began to claim is given back, and room is made for it', async () => {
  const stage = new Stage();
  Object.assign(stage, { suspectWaits: true, otherWaits: false });
  stage.meanwhile = () => (stage.others.isAlone = false);
  expect(await stage.take(5, 0)).toBeUndefined();
  expect(stage.asked).toEqual(['take 5 or alone', 'give back']);
  expect(stage.solitude.isWanted).toBe(true);
  stage.meanwhile = () => {};
  stage.others.isAlone = true;
  expect(await stage.take(5, 0)).toEqual([SUSPECT]);
  expect(stage.asked).toEqual(['take 0 or alone']);
});

test('room that is made in vain is not made for ever: it works for as long, and then makes room for twice that time', async () => {
  const stage = new Stage();
  stage.suspectWaits = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  expect(await stage.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await stage.take(3, 2)).toEqual([OTHER]);
  expect([stage.wentOn, stage.solitude.isWanted]).toEqual([1, false]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await stage.take(3, 2)).toEqual([OTHER]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await stage.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(59_999);
  expect(await stage.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(await stage.take(3, 2)).toEqual([OTHER]);
});

test('a worker whose database does not answer keeps nobody waiting', async () => {
  const stage = new Stage();
  stage.suspectWaits = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS + 1);
  await stage.take(3, 2);
  stage.solitude.giveUp();
  expect([stage.wentOn, stage.solitude.isWanted]).toEqual([1, false]);
});
