// Durations at the public edge: the accepted ones, and the ones that are refused by the name of their option.
import { expect, test } from 'vitest';
import { type Duration, toMs } from '../../src/core/duration.ts';

const TEN_YEARS_MS = 3_650 * 86_400_000;

test.each<[Duration, number]>([
  [0, 0],
  [-0, 0],
  [1_500, 1_500],
  [1.5, 2],
  [0.4, 0],
  ['0s', 0],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['0.0004s', 0],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['3650d', TEN_YEARS_MS],
  [TEN_YEARS_MS, TEN_YEARS_MS],
])('%s is a duration of %d whole milliseconds', (duration, ms) => {
  expect(toMs(duration, 'test') === ms).toBe(true);
});

test.each<[unknown, shown: string]>([
  [-1, '-1'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [TEN_YEARS_MS + 1, String(TEN_YEARS_MS + 1)],
  ['3651d', '"3651d"'],
  ['9'.repeat(400) + 's', '"999'],
  ['', '""'],
  ['5', '"5"'],
  ['s', '"s"'],
  ['5 s', '"5 s"'],
  [' 5s', '" 5s"'],
  ['5s\n', '"5s\\n"'],
  ['5S', '"5S"'],
  ['-5s', '"-5s"'],
  ['+5s', '"+5s"'],
  ['.5s', '".5s"'],
  ['5.s', '"5.s"'],
  ['1e3s', '"1e3s"'],
  ['1h30m', '"1h30m"'],
  ['5y', '"5y"'],
  ['٥s', '"٥s"'],
  [10n, '10'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{}, '{}'],
  [['5s'], '["5s"]'],
])('%s is no duration, and the error shows it as it was given', (duration, shown) => {
  expect(() => toMs(duration as Duration, 'Worker: lease')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(`Worker: lease is ${shown}`) as string }),
  );
});
