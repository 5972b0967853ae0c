// When a worker's loop looks again and when it sleeps, with a bell and claims that do as they are told.
import { expect, test, vi } from 'vitest';
import type { SleepingState } from '../../../src/store/workers/workers.ts';
import { ClaimLoop } from '../../../src/worker/claiming/claim-loop.ts';
import type { Claims } from '../../../src/worker/claiming/claims.ts';
import type { SleepingFlag } from '../../../src/worker/waking/sleeping-flag.ts';
import type { Slots } from '../../../src/worker/claiming/slots.ts';

const POLL_MS = 60_000;

interface Act {
  readonly what: 'look' | 'bell';
  /** Milliseconds from the start. */
  readonly at: number;
}

/** Set from outside while the loop runs. */
interface Stage {
  readonly loop: ClaimLoop;
  isBusy: boolean;
  /** The next looks that find something. */
  due: number;
}

/** What a worker does while `during` runs, which moves the clock. @param hang what the bell answers */
async function actsOf(hang: (at: number) => SleepingState, during: (stage: Stage) => Promise<unknown>): Promise<Act[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const begun = performance.now();
  const acts: Act[] = [];
  const act = (what: Act['what']): number => acts.push({ what, at: performance.now() - begun });
  let state: SleepingState = 'unset';
  const sleepingFlag = {
    get state() {
      return state;
    },
    isAvailable: true,
    mark: async () => {
      act('bell');
      return (state = hang(performance.now() - begun));
    },
    clear: async () => void (state = 'unset'),
  };
  const claims = {
    workerId: 1,
    lookedBack: true,
    leftSome: false,
    probeInMs: Infinity,
    hasSuspect: async () => false,
    giveBack: async () => {},
    take: async () => {
      act('look');
      return stage.due-- > 0 ? [{}] : [];
    },
  };
  const slots = {
    load: 0,
    room: () => 1,
    take: () => {},
    giveBack: () => [],
    get isBusy() {
      return stage.isBusy;
    },
  };
  let isRunning = true;
  const loop = new ClaimLoop({
    claims: claims as unknown as Claims,
    sleepingFlag: sleepingFlag as unknown as SleepingFlag,
    slots: slots as unknown as Slots,
    pollMs: POLL_MS,
    answerMs: POLL_MS,
    isRunning: () => isRunning,
    onIdle: () => {},
    onAnswer: () => {},
    onError: (error) => {
      throw error;
    },
  });
  const stage: Stage = { loop, isBusy: false, due: 0 };
  const ended = loop.run();
  await during(stage);
  const until = [...acts];
  isRunning = false;
  loop.ring();
  await ended;
  vi.useRealTimers();
  return until;
}

/** Of a worker to which nothing is ever due, until just before its first poll. */
async function idleWith(bells: SleepingState[]): Promise<Act['what'][]> {
  const acts = await actsOf(
    () => bells.shift() ?? 'safe',
    () => vi.advanceTimersByTimeAsync(POLL_MS - 1),
  );
  return acts.map(({ what }) => what);
}

test('a worker that has hung out the bell looks a last time before it sleeps', async () => {
  expect(await idleWith(['safe'])).toEqual(['look', 'bell', 'look']);
});

test('a worker asks again at the door, and looks each time, until all is calm', async () => {
  expect(await idleWith(['pending', 'pending', 'safe'])).toEqual(['look', 'bell', 'look', 'bell', 'look', 'bell', 'look']);
});

const looksWithin = (acts: readonly Act[], from: number, to: number): number =>
  acts.filter(({ what, at }) => what === 'look' && at >= from && at <= to).length;

test('what was appended unrung is found within twice the time of its transaction, however often others ring', async () => {
  const acts = await actsOf(
    (at) => (at < 100 ? 'pending' : 'safe'),
    async ({ loop }) => {
      for (let times = 0; times < 50; times++) {
        await vi.advanceTimersByTimeAsync(1);
        loop.ring();
      }
      await vi.advanceTimersByTimeAsync(150);
    },
  );
  expect(looksWithin(acts, 100, 200)).toBeGreaterThan(0);
});

test('a bell that is hung out anew begins with short naps, however long it hung before', async () => {
  const acts = await actsOf(
    (at) => (at < 5_020 ? 'pending' : 'safe'),
    async (stage) => {
      await vi.advanceTimersByTimeAsync(5_000);
      // It is taken down at 5,000 and hung out again at 5,002.
      Object.assign(stage, { isBusy: true, due: 1 });
      stage.loop.ring();
      await vi.advanceTimersByTimeAsync(1);
      stage.isBusy = false;
      await vi.advanceTimersByTimeAsync(100);
    },
  );
  expect(looksWithin(acts, 5_020, 5_040)).toBeGreaterThan(0);
});

test('a bell that could be hung out meanwhile is tried again as soon as at first', async () => {
  const acts = await actsOf(
    (at) => (at >= 10_000 && at < 20_000 ? 'pending' : 'unset'),
    () => vi.advanceTimersByTimeAsync(POLL_MS - 1),
  );
  const late = acts.filter(({ what, at }) => what === 'bell' && at >= 20_000);
  expect(late[3]!.at - late[0]!.at).toBeLessThan(100);
});

test('a bell that cannot be hung out is tried again, ever more seldom', async () => {
  const bells = await idleWith(Array.from({ length: 1_000 }, () => 'unset'));
  expect(bells.filter((what) => what === 'bell').length).toBeGreaterThan(5);
  expect(bells.length).toBeLessThan(50);
});
