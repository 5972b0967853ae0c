// The time of a drain with `ahead`: the due time of each delivery, and the deliveries that are beyond its end.
import { expect, test } from 'vitest';
import { VirtualTime } from '../../src/worker/virtual-time.ts';

const START = 1_790_000_000_123;
const [MINUTE, HOUR] = [60_000, 3_600_000];

/** Milliseconds from the start. The rows' own times have microseconds. */
const delivery = (id: string, emitted: number, runAt: number) => ({
  id,
  emittedAt: new Date(START + emitted),
  runAt: (START + runAt + 0.999) / 1_000,
});

const begun = (aheadMs: number): VirtualTime => new VirtualTime(START * 1_000 + 999, aheadMs);

test.each([
  ['has been due for long', -HOUR, -HOUR, true],
  ['was emitted in the millisecond of the start', 0, 0, true],
  ['is due at the end', -HOUR, HOUR, true],
  ['is due after the end', -HOUR, HOUR + 1, false],
  ['was emitted since the start', 5, 5, true],
  ['was emitted since the start with a head start', 5, 5 - 9 * HOUR, true],
  ['was emitted since the start for the end', 5, 5 + HOUR, true],
  ['was emitted since the start for later than the end', 5, 6 + HOUR, false],
])('a delivery that %s is admitted or not', (_what, emitted, runAt, admitted) => {
  expect(begun(HOUR).admits(delivery('1', emitted, runAt))).toBe(admitted);
});

test('without its emission a delivery is due by its own time', () => {
  const gone = { id: '1', emittedAt: new Date(Number.NaN) };
  expect(begun(HOUR).admits({ ...gone, runAt: (START + HOUR) / 1_000 })).toBe(true);
  expect(begun(HOUR).admits({ ...gone, runAt: (START + HOUR + 1) / 1_000 })).toBe(false);
});

test('a returned delivery is due after its delay from its own time, whatever the row says', () => {
  const time = begun(HOUR);
  let runs = 0;
  for (; runs < 100 && time.admits(delivery('1', -HOUR, runs)); runs++) time.ran('1', MINUTE);
  expect(runs).toBe(61);
});

test('the delay of a returned delivery counts from its own due time, not from that of later runs', () => {
  const time = begun(HOUR);
  expect([time.admits(delivery('late', -1, HOUR)), time.admits(delivery('soon', -1, 0))]).toEqual([true, true]);
  time.ran('late', undefined);
  time.ran('soon', HOUR);
  expect(time.admits(delivery('soon', -1, 1))).toBe(true);
});

test('a delivery emitted since the start counts from the latest run, and keeps its time', () => {
  const time = begun(HOUR);
  time.admits(delivery('1', -1, 40 * MINUTE));
  expect(time.admits(delivery('2', 7, 7 + 30 * MINUTE))).toBe(true);
  time.ran('1', undefined);
  expect(time.admits(delivery('3', 8, 8 + 20 * MINUTE))).toBe(true);
  expect(time.admits(delivery('4', 8, 9 + 20 * MINUTE))).toBe(false);
  time.ran('3', undefined);
  expect(time.admits(delivery('5', 9, 10))).toBe(false);
  expect(time.admits(delivery('2', 7, 7 + 30 * MINUTE))).toBe(true);
});

test('the time of the latest run never goes back', () => {
  const time = begun(HOUR);
  time.admits(delivery('1', -1, HOUR));
  time.admits(delivery('2', -1, 0));
  time.ran('1', undefined);
  time.ran('2', undefined);
  expect(time.admits(delivery('3', 8, 9))).toBe(false);
});

test('an ended delivery is forgotten: as a new one, it is due by its row', () => {
  const time = begun(HOUR);
  time.admits(delivery('1', -1, 0));
  time.ran('1', MINUTE);
  time.ran('1', undefined);
  expect(time.admits(delivery('1', -1, HOUR + 1))).toBe(false);
});

test('a delivery that has waited for long is due at the start, and a head start leads to no earlier time than that of the latest run', () => {
  const time = begun(HOUR);
  time.admits(delivery('1', -HOUR, -HOUR));
  time.ran('1', HOUR + 1);
  expect(time.admits(delivery('1', -HOUR, 0))).toBe(false);
  time.admits(delivery('2', -1, 40 * MINUTE));
  time.ran('2', undefined);
  expect(time.admits(delivery('3', 5, 5 - 9 * HOUR))).toBe(true);
  time.ran('3', 20 * MINUTE + 1);
  expect(time.admits(delivery('3', 5, 5))).toBe(false);
});
