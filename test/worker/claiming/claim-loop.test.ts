// Decides when a worker's loop claims again and when it sleeps, with a sleeping flag and claims that the test controls.
import { expect, test, vi } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { SleepingState } from '../../../src/store/workers/workers.ts';
import { ClaimLoop } from '../../../src/worker/claiming/claim-loop.ts';
import { ClaimWakeup } from '../../../src/worker/claiming/claim-wakeup.ts';

const POLL_MS = 60_000;
const DELIVERY = { isSuspect: false } as ClaimedDelivery;

interface Step {
  readonly what: 'claim' | 'mark';
  /** Milliseconds from the start. */
  readonly at: number;
}

/** State that the test changes while the loop runs. */
interface Conditions {
  readonly wakeup: ClaimWakeup;
  isBusy: boolean;
  /** The numbers of deliveries that the next claims find. */
  due: number;
}

/**
 * Records the acts of a worker while `during` runs, which moves the clock. @param mark the state of the flag once set
 */
async function stepsOf(mark: (at: number) => SleepingState, during: (conditions: Conditions) => Promise<unknown>): Promise<Step[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const begun = performance.now();
  const steps: Step[] = [];
  const step = (what: Step['what']): number => steps.push({ what, at: performance.now() - begun });
  let state: SleepingState = 'unset';
  const sleepingFlag = {
    get state() {
      return state;
    },
    isAvailable: true,
    mark: async () => {
      step('mark');
      return (state = mark(performance.now() - begun));
    },
    clear: async () => void (state = 'unset'),
  };
  const claims = {
    probeInMs: Infinity,
    hasSuspect: async () => false,
    held: async () => [],
    release: async () => {},
    take: async () => {
      step('claim');
      const deliveries = conditions.due-- > 0 ? [DELIVERY] : [];
      return { deliveries, mayHaveMore: false, scannedAll: true, untilFullScanMs: 0, allowedSuspects: true };
    },
  };
  const slots = {
    load: 0,
    demand: () => 1,
    accept: () => {},
    holds: () => false,
    takeReleasable: () => [],
    get isBusy() {
      return conditions.isBusy;
    },
  };
  const wakeup = new ClaimWakeup();
  const conditions: Conditions = { wakeup, isBusy: false, due: 0 };
  const loop = new ClaimLoop({
    claims,
    sleepingFlag,
    slots,
    wakeup,
    pollMs: POLL_MS,
    answerMs: POLL_MS,
    onIdle: () => {},
    onAnswer: () => {},
    onError: (error) => {
      throw error;
    },
  });
  const stopping = new AbortController();
  const ended = loop.run(stopping.signal);
  await during(conditions);
  const until = [...steps];
  stopping.abort();
  wakeup.workMayBeDue();
  await ended;
  loop.leave();
  vi.useRealTimers();
  return until;
}

/** Records the acts of a worker without due deliveries, until just before its first poll. */
async function idleWith(states: SleepingState[]): Promise<Step['what'][]> {
  const steps = await stepsOf(
    () => states.shift() ?? 'safe',
    () => vi.advanceTimersByTimeAsync(POLL_MS - 1),
  );
  return steps.map(({ what }) => what);
}

test('a worker that has set its flag claims once more before it sleeps', async () => {
  expect(await idleWith(['safe'])).toEqual(['claim', 'mark', 'claim']);
});

test('a worker asks again for pending appends, and claims each time, until it is safe to sleep', async () => {
  expect(await idleWith(['pending', 'pending', 'safe'])).toEqual(['claim', 'mark', 'claim', 'mark', 'claim', 'mark', 'claim']);
});

test('a sleeping worker claims when work may be due, and not when it only has more capacity', async () => {
  const steps = await stepsOf(
    () => 'safe',
    async ({ wakeup }) => {
      for (const wake of [() => wakeup.wake(), () => wakeup.workMayBeDue()]) {
        await vi.advanceTimersByTimeAsync(1_000);
        wake();
      }
      await vi.advanceTimersByTimeAsync(1_000);
    },
  );
  expect(steps.filter(({ at }) => at > 0).map(({ what, at }) => `${what} ${at}`)).toEqual(['claim 2000']);
});

const claimsWithin = (steps: readonly Step[], from: number, to: number): number =>
  steps.filter(({ what, at }) => what === 'claim' && at >= from && at <= to).length;

test('a pending append is found within twice the time of its transaction, however often others notify', async () => {
  const steps = await stepsOf(
    (at) => (at < 100 ? 'pending' : 'safe'),
    async ({ wakeup }) => {
      for (let times = 0; times < 50; times++) {
        await vi.advanceTimersByTimeAsync(1);
        wakeup.workMayBeDue();
      }
      await vi.advanceTimersByTimeAsync(150);
    },
  );
  expect(claimsWithin(steps, 100, 200)).toBeGreaterThan(0);
});

test('after the flag is set again, the naps are short at first, however long it was set before', async () => {
  const steps = await stepsOf(
    (at) => (at < 5_020 ? 'pending' : 'safe'),
    async (conditions) => {
      await vi.advanceTimersByTimeAsync(5_000);
      // It is cleared at 5,000 and set again at 5,002.
      Object.assign(conditions, { isBusy: true, due: 1 });
      conditions.wakeup.workMayBeDue();
      await vi.advanceTimersByTimeAsync(1);
      conditions.isBusy = false;
      await vi.advanceTimersByTimeAsync(100);
    },
  );
  expect(claimsWithin(steps, 5_020, 5_040)).toBeGreaterThan(0);
});

test('after the flag could be set once, the next failure is tried again as soon as the first', async () => {
  const steps = await stepsOf(
    (at) => (at >= 10_000 && at < 20_000 ? 'pending' : 'unset'),
    () => vi.advanceTimersByTimeAsync(POLL_MS - 1),
  );
  const late = steps.filter(({ what, at }) => what === 'mark' && at >= 20_000);
  expect(late[3]!.at - late[0]!.at).toBeLessThan(100);
});

test('a flag that cannot be set is tried again, less and less often', async () => {
  const steps = await idleWith(Array.from({ length: 1_000 }, () => 'unset'));
  expect(steps.filter((what) => what === 'mark').length).toBeGreaterThan(5);
  expect(steps.length).toBeLessThan(50);
});
