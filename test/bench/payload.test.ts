// Tests that the text of payloads is as long as requested, the same for all systems, and compresses as text does.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { textOf, TYPICAL } from './payload.ts';

test('a text has its length, and is the same each time', () => {
  for (const length of [0, 1, TYPICAL, 100_000]) expect(textOf(length)).toHaveLength(length);
  expect(textOf(1_000)).toBe(textOf(1_000));
});

test('it compresses like text, not like one letter', () => {
  const share = gzipSync(textOf(10_000)).length / 10_000;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.6);
});
