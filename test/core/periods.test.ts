// Periods, and ids as times.
import { expect, test } from 'vitest';
import { type Every, firstIdAt, periodAt, periodsFrom, timeOfId } from '../../src/core/periods.ts';
import { emissionId } from '../../src/dispatch/emission-id.ts';

const at = (text: string): number => Date.parse(text);

test.each<[Every, string, string, string]>([
  ['day', '2026-11-28T23:59:59.999Z', '2026-11-28', '2026-11-29'],
  ['week', '2026-11-28T12:00:00Z', '2026-11-23', '2026-11-30'],
  ['week', '2026-11-30T00:00:00Z', '2026-11-30', '2026-12-07'],
  ['week', '1970-01-01T00:00:00Z', '1969-12-29', '1970-01-05'],
  ['month', '2026-12-31T23:00:00Z', '2026-12-01', '2027-01-01'],
  ['month', '2028-02-29T00:00:00Z', '2028-02-01', '2028-03-01'],
])('the %s of %s begins on %s, and the next one on %s', (every, time, from, to) => {
  expect(periodAt(at(time), every)).toEqual({
    name: from.replaceAll('-', ''),
    fromMs: at(`${from}T00:00:00Z`),
    toMs: at(`${to}T00:00:00Z`),
  });
});

test('periods follow one another without a gap', () => {
  for (const every of ['day', 'week', 'month'] as const) {
    const periods = periodsFrom(at('2026-11-28T12:00:00Z'), every, 30);
    expect(periods.slice(1).map(({ fromMs }) => fromMs)).toEqual(periods.slice(0, -1).map(({ toMs }) => toMs));
  }
});

test('an id has the time of its emit, and is not below the first id of that time', () => {
  const now = at('2026-11-28T12:34:56.789Z');
  const id = emissionId(now);
  expect(timeOfId(id)).toBe(now);
  expect(firstIdAt(now) <= id && id < firstIdAt(now + 1)).toBe(true);
  expect(timeOfId(firstIdAt(now))).toBe(now);
});
