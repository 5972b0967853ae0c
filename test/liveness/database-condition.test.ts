// The reports of a database that stops answering and answers again.
import { expect, test } from 'vitest';
import { DatabaseCondition } from '../../src/liveness/database-condition.ts';

function observed() {
  const reports: unknown[] = [];
  const condition = new DatabaseCondition({ onFailing: (error) => reports.push(error), onRecovered: () => reports.push('recovered') });
  return { condition, reports };
}

test('an outage is reported once, and so is its end', () => {
  const { condition, reports } = observed();
  condition.answered(1);
  condition.failed('first', 2);
  expect(condition.isFailing).toBe(true);
  condition.failed('second', 3);
  condition.answered(4);
  expect(condition.isFailing).toBe(false);
  condition.answered(5);
  expect(reports).toEqual(['first', 'recovered']);
});

test('a failed statement that began before the database answered again is no new outage, and one that began after is', () => {
  const { condition, reports } = observed();
  condition.failed('first', 1);
  condition.answered(10);
  condition.failed('late', 9);
  expect(condition.isFailing).toBe(false);
  condition.failed('next', 10);
  expect(reports).toEqual(['first', 'recovered', 'next']);
});
