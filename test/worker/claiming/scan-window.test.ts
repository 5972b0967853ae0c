// From when on a worker's claims look: from the beginning while that is cheap, else from where the last one had come.
import { expect, test } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import { Horizon } from '../../../src/worker/claiming/scan-window.ts';

const of = (receiverId: number, runAt: number): ClaimedDelivery => ({ receiverId, runAt }) as ClaimedDelivery;

test('a cheap look from the beginning is followed by another', () => {
  const horizon = new Horizon();
  expect(horizon.looksBack(0)).toBe(true);
  horizon.claimed([of(1, 100)], { lookedBack: true, tookMs: 9, now: 9 });
  expect([horizon.looksBack(9), horizon.waitMs(9)]).toEqual([true, 0]);
});

test('after a slow one ten times as long goes by until the next, and claims between look from where it had come', () => {
  const horizon = new Horizon();
  horizon.claimed([of(1, 100), of(1, 102), of(1, 101), of(2, 50)], { lookedBack: true, tookMs: 80, now: 80 });
  expect([horizon.looksBack(879), horizon.waitMs(479), horizon.looksBack(880)]).toEqual([false, 401, true]);
  expect(horizon.since(1)).toBeCloseTo(102, 4);
  expect(horizon.since(1)).toBeLessThan(102);
  expect(horizon.since(2)).toBeCloseTo(50, 4);
  expect(horizon.since(3)).toBe(-Infinity);
});

test('a claim between moves the place on, never back, and not the time of the next look from the beginning', () => {
  const horizon = new Horizon();
  horizon.claimed([of(1, 100)], { lookedBack: true, tookMs: 80, now: 80 });
  horizon.claimed([of(1, 110)], { lookedBack: false, tookMs: 300, now: 400 });
  horizon.claimed([of(1, 90)], { lookedBack: false, tookMs: 1, now: 500 });
  expect(horizon.since(1)).toBeCloseTo(110, 4);
  expect([horizon.looksBack(879), horizon.looksBack(880)]).toEqual([false, true]);
});
