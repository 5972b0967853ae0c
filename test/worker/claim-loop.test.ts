// When a worker's loop looks again and when it sleeps, with a bell and claims that do as they are told.
import { expect, test, vi } from 'vitest';
import type { BellState } from '../../src/store/workers-store.ts';
import { ClaimLoop } from '../../src/worker/claim-loop.ts';
import type { Claims } from '../../src/worker/claims.ts';
import type { Doorbell } from '../../src/worker/doorbell.ts';
import type { Slots } from '../../src/worker/slots.ts';

const POLL_MS = 60_000;

/** What a worker does to which nothing is ever due, until just before its first poll. */
async function actsOf(bells: BellState[]): Promise<string[]> {
  const did: string[] = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let state: BellState = 'none';
  const doorbell = {
    get state() {
      return state;
    },
    isThere: true,
    hang: async () => {
      did.push('bell');
      return (state = bells.shift() ?? 'calm');
    },
  };
  const claims = {
    workerId: 1,
    lookedBack: true,
    leftSome: false,
    giveBack: async () => {},
    take: async () => {
      did.push('look');
      return [];
    },
  };
  const slots = { load: 0, room: () => 1, take: () => {}, giveBack: () => [], isBusy: false };
  let isRunning = true;
  const loop = new ClaimLoop({
    claims: claims as unknown as Claims,
    doorbell: doorbell as unknown as Doorbell,
    slots: slots as unknown as Slots,
    pollMs: POLL_MS,
    answerMs: POLL_MS,
    isRunning: () => isRunning,
    onIdle: () => {},
    onAnswer: () => {},
    onError: (error) => did.push(String(error)),
  });
  const ended = loop.run();
  await vi.advanceTimersByTimeAsync(POLL_MS - 1);
  const until = [...did];
  isRunning = false;
  loop.ring();
  await ended;
  vi.useRealTimers();
  return until;
}

test('a worker that has hung out the bell looks a last time before it sleeps', async () => {
  expect(await actsOf(['calm'])).toEqual(['look', 'bell', 'look']);
});

test('a worker asks again at the door, and looks each time, until all is calm', async () => {
  expect(await actsOf(['hung', 'hung', 'calm'])).toEqual(['look', 'bell', 'look', 'bell', 'look', 'bell', 'look']);
});

/** A loop whose bell hangs out, restless, until `calmAt`; with what it does and when, in milliseconds from its start. */
async function restless(
  calmAt: () => number,
  during: (loop: ClaimLoop, stage: { isBusy: boolean; due: number }) => Promise<void>,
): Promise<number[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const begun = performance.now();
  let state: BellState = 'none';
  const looks: number[] = [];
  const stage = { isBusy: false, due: 0 };
  const doorbell = {
    get state() {
      return state;
    },
    isThere: true,
    hang: async () => (state = performance.now() - begun >= calmAt() ? 'calm' : 'hung'),
    takeDown: async () => void (state = 'none'),
  };
  const claims = {
    workerId: 1,
    lookedBack: true,
    leftSome: false,
    giveBack: async () => {},
    take: async () => {
      looks.push(performance.now() - begun);
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
    doorbell: doorbell as unknown as Doorbell,
    slots: slots as unknown as Slots,
    pollMs: POLL_MS,
    answerMs: POLL_MS,
    isRunning: () => isRunning,
    onIdle: () => {},
    onAnswer: () => {},
    onError: () => {},
  });
  const ended = loop.run();
  await during(loop, stage);
  isRunning = false;
  loop.ring();
  await ended;
  vi.useRealTimers();
  return looks;
}

test('what was appended unrung is found within twice the time of its transaction, however often others ring', async () => {
  const looks = await restless(
    () => 100,
    async (loop) => {
      for (let times = 0; times < 50; times++) {
        await vi.advanceTimersByTimeAsync(1);
        loop.ring();
      }
      await vi.advanceTimersByTimeAsync(150);
    },
  );
  expect(looks.filter((at) => at >= 100 && at <= 200).length).toBeGreaterThan(0);
});

test('a bell that is hung out anew begins with short naps, however long it hung before', async () => {
  let calmAt = Infinity;
  let hungAnewAt = 0;
  const looks = await restless(
    () => calmAt,
    async (loop, stage) => {
      await vi.advanceTimersByTimeAsync(5_000);
      Object.assign(stage, { isBusy: true, due: 1 });
      loop.ring();
      await vi.advanceTimersByTimeAsync(1);
      stage.isBusy = false;
      hungAnewAt = 5_003;
      await vi.advanceTimersByTimeAsync(3);
      calmAt = 5_020;
      await vi.advanceTimersByTimeAsync(100);
    },
  );
  expect(looks.filter((at) => at >= calmAt && at <= hungAnewAt + 40).length).toBeGreaterThan(0);
});
