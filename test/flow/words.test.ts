// The words of a picture: rates, shares, counts, long names.
import { describe, expect, test } from 'vitest';
import { nodeWords, rateText, shareText, shortCount } from '../../src/flow/words.ts';

test.each([
  [1, 60, '1/h'],
  [59, 60, '59/h'],
  [60, 60, '1/min'],
  [90, 60, '1.5/min'],
  [7_199, 60, '120/min'],
  [7_200, 60, '2/s'],
  [3_600_000, 60, '1k/s'],
  [1, 1_440, '1/day'],
])('%d in %d minutes is %s', (count, minutes, text) => {
  expect(rateText(count, minutes)).toBe(text);
});

test.each([
  [0, 10, '0 %'],
  [10, 10, '100 %'],
  [1, 100_000, '< 0.1 %'],
  [99_999, 100_000, '> 99.9 %'],
  [1, 300, '0.3 %'],
  [1, 8, '13 %'],
  [995, 1_000, '99.5 %'],
])('%d of %d is %s', (part, of, text) => {
  expect(shareText(part, of)).toBe(text);
});

test.each([
  [0, '0'],
  [9.96, '10'],
  [999, '999'],
  [999.5, '1k'],
  [9_949, '9.9k'],
  [999_499, '999k'],
  [999_500, '1M'],
  [12_345_678, '12M'],
])('%d is %s for short', (count, text) => {
  expect(shortCount(count)).toBe(text);
});

describe('the name of a node', () => {
  const node = { id: '', state: 'idle', emitted: 0, due: 0, dead: 0, holds: undefined } as const;

  test('of a receiver is its method, below its service', () => {
    expect(nodeWords({ ...node, kind: 'receiver', module: 'Order', name: 'Order.onPaid' })).toEqual({ caption: 'Order', name: 'onPaid' });
    expect(nodeWords({ ...node, kind: 'receiver', module: 'Order', name: 'order.onPaid' })).toEqual({
      caption: undefined,
      name: 'order.onPaid',
    });
  });

  test('of a module says how much is in it', () => {
    const of = (signals: number, receivers: number) =>
      nodeWords({ ...node, kind: 'module', module: 'a', name: 'a', holds: { signals, receivers } });
    expect([of(1, 0), of(0, 2), of(3, 1)].map(({ caption }) => caption)).toEqual(['1 signal', '2 receivers', '3 signals, 1 receiver']);
  });

  test('is cut in its middle where it is long, and no character is halved', () => {
    const { name } = nodeWords({ ...node, kind: 'signal', module: 'a', name: `a.${'😀'.repeat(80)}.end` });
    expect(Array.from(name)).toHaveLength(33);
    expect(name).toMatch(/^a\.😀+…😀+\.end$/u);
  });
});
