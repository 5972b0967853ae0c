// Ids of emissions: they have version 7, differ, and rise within a process.
import { validate, version } from 'uuid';
import { expect, test } from 'vitest';
import { emissionId } from '../../src/dispatch/emission-id.ts';

test('an id is a UUID of version 7 that contains its time', () => {
  const now = Date.now() + 1_000;
  const id = emissionId(now);
  expect(validate(id)).toBe(true);
  expect(version(id)).toBe(7);
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
});

test('ids rise, within a millisecond and when the clock goes back', () => {
  const now = Date.now() + 2_000;
  const ids = Array.from({ length: 20_000 }, (_, index) => emissionId(now - (index > 10_000 ? 60_000 : 0)));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the part after the time differs for each id', () => {
  const tails = Array.from({ length: 1_000 }, () => emissionId().slice(-12));
  expect(new Set(tails).size).toBe(tails.length);
});
