// What is told of a database that goes away and comes back.
import { expect, test } from 'vitest';
import { Condition } from '../../src/liveness/database-condition.ts';

function watch() {
  const told: unknown[] = [];
  const condition = new Condition({ onFailing: (error) => told.push(error), onRecovered: () => told.push('recovered') });
  return { condition, told };
}

test('an absence is told once, and so is its end', () => {
  const { condition, told } = watch();
  condition.answered(1);
  condition.failed('first', 2);
  expect(condition.isFailing).toBe(true);
  condition.failed('second', 3);
  condition.answered(4);
  expect(condition.isFailing).toBe(false);
  condition.answered(5);
  expect(told).toEqual(['first', 'recovered']);
});

test('what began before the database answered again is no new absence, and what began after is', () => {
  const { condition, told } = watch();
  condition.failed('first', 1);
  condition.answered(10);
  condition.failed('late', 9);
  expect(condition.isFailing).toBe(false);
  condition.failed('next', 10);
  expect(told).toEqual(['first', 'recovered', 'next']);
});
