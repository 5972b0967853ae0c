// The waits of deliveries whose receivers cannot be called, and the reports of that.
import { expect, test } from 'vitest';
import { DatabaseCondition } from '../../src/liveness/database-condition.ts';
import { Setbacks } from '../../src/liveness/setbacks.ts';

function watch() {
  const told: unknown[] = [];
  const setbacks = new Setbacks({ onFailing: (error) => told.push(error), onRecovered: () => told.push('recovered') });
  return { told, setbacks, at: (now: number) => setbacks.failed('error', now, 0.5) };
}

test('the wait doubles each time that a delayed delivery fails again, not with each of many failures at once', () => {
  const { at } = watch();
  expect([at(0), at(1), at(799)]).toEqual([1_000, 1_000, 1_000]);
  expect([at(1_000), at(1_001)]).toEqual([2_000, 2_000]);
  expect([at(3_000), at(7_000), at(15_000), at(31_000), at(61_000)]).toEqual([4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('the wait is varied by a fifth of itself', () => {
  const { setbacks } = watch();
  expect([setbacks.failed('error', 0, 0), setbacks.failed('error', 0, 1)]).toEqual([800, 1_200]);
});

test('the trouble is reported once, and its end after a success, once all delayed deliveries could have failed again', () => {
  const { setbacks, told, at } = watch();
  setbacks.succeeded(0);
  at(0);
  at(500);
  setbacks.succeeded(2_499);
  expect([told, setbacks.isFailing]).toEqual([['error'], true]);
  setbacks.succeeded(2_500);
  setbacks.succeeded(2_501);
  expect([told, setbacks.isFailing]).toEqual([['error', 'recovered'], false]);
  expect(at(10_000)).toBe(1_000);
});

test('a worker whose statements are answered still counts as failing while it cannot call receivers', () => {
  const told: unknown[] = [];
  const condition = new DatabaseCondition({ onFailing: (error) => told.push(error), onRecovered: () => told.push('recovered') });
  condition.setbacks.failed('refused', 0, 0.5);
  condition.answered(100);
  condition.failed('late', 50);
  expect([told, condition.isFailing]).toEqual([['refused'], true]);
  condition.answered(2_000);
  expect([told, condition.isFailing]).toEqual([['refused', 'recovered'], false]);
});
