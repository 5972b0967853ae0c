// settlementFor: what is written for each outcome; and what is kept of an error.
import { expect, test } from 'vitest';
import { errorRecord, type Outcome, settlementFor } from '../../src/core/delivery.ts';
import { Discard, outcomeKind, RetryAfter, Unrecoverable } from '../../src/core/outcome.ts';
import { DEFAULT_RETRY, retryPolicy } from '../../src/core/retry.ts';

const threw = (error: unknown): Outcome => ({ kind: 'threw', error });
const policy = retryPolicy({ attempts: 3, jitter: 0 }, 'test');

test.each<[what: string, outcome: Outcome, attempt: number, settlement: object]>([
  ['returned', { kind: 'returned' }, 1, { to: 'completed' }],
  ['returned in its last attempt', { kind: 'returned' }, 3, { to: 'completed' }],
  ['threw, budget left', threw(new Error('x')), 1, { to: 'ready', delayMs: 1_000, refund: false, error: { message: 'x' } }],
  ['threw again, budget left', threw(new Error('x')), 2, { to: 'ready', delayMs: 3_000, refund: false }],
  ['threw, budget spent', threw(new Error('x')), 3, { to: 'dead', error: { message: 'x' } }],
  ['threw beyond its budget, which was lowered meanwhile', threw(new Error('x')), 9, { to: 'dead' }],
  ['Discard', threw(new Discard('not mine')), 1, { to: 'cancelled', error: { name: 'Discard', message: 'not mine' } }],
  ['Discard in its last attempt', threw(new Discard('not mine')), 3, { to: 'cancelled' }],
  ['Unrecoverable', threw(new Unrecoverable('gone')), 1, { to: 'dead', error: { name: 'Unrecoverable', message: 'gone' } }],
  ['RetryAfter', threw(new RetryAfter('2m')), 1, { to: 'ready', delayMs: 120_000, refund: true }],
  [
    'RetryAfter in its last attempt',
    threw(new RetryAfter(5, 'busy')),
    3,
    { to: 'ready', delayMs: 5, refund: true, error: { message: 'busy' } },
  ],
  ['interrupted', { kind: 'interrupted', delayMs: 7 }, 3, { to: 'released', delayMs: 7 }],
])('a run that %s', (_what, outcome, attempt, settlement) => {
  expect(settlementFor(outcome, attempt, policy, 0.5)).toMatchObject(settlement);
});

test('outcomes of another copy of the package are understood', () => {
  const foreign = Object.defineProperty(new Error('elsewhere'), Symbol.for('signalbox.outcome'), { value: 'discard' });
  expect(outcomeKind(foreign)).toBe('discard');
  expect([outcomeKind(new Error('x')), outcomeKind('x'), outcomeKind(null)]).toEqual([undefined, undefined, undefined]);
  expect(() => new RetryAfter('soon' as '1s')).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
});

test.each<[what: string, thrown: unknown, record: object]>([
  ['a text', 'no', { name: 'Thrown', message: 'no' }],
  ['nothing', undefined, { name: 'Thrown', message: 'undefined' }],
  ['null', null, { name: 'Thrown', message: 'null' }],
  ['an object', { code: 7 }, { name: 'Thrown', message: '{"code":7}' }],
  ['an object that JSON cannot write', { big: 1n }, { name: 'Thrown', message: '[object Object]' }],
  ['an error', new TypeError('no'), { name: 'TypeError', message: 'no', stack: expect.stringContaining('TypeError: no') as string }],
  [
    'an error with a cause',
    new Error('outer', { cause: new Error('inner') }),
    { stack: expect.stringMatching(/outer[\s\S]*Caused by: Error: inner/) as string },
  ],
  ['an error with what jsonb refuses', new Error('a\u0000b\ud800'), { message: 'ab\ufffd' }],
])('%s is recorded', (_what, thrown, record) => {
  expect(errorRecord(thrown)).toMatchObject(record);
});

test('what is kept of an error is bounded', () => {
  const endless = new Error('x'.repeat(100_000));
  endless.cause = endless;
  const { message, stack } = errorRecord(endless);
  expect(message.length).toBe(4_001);
  expect(stack!.length).toBeLessThanOrEqual(12_001);
});

test('twelve attempts take about twenty hours', () => {
  const waits = Array.from({ length: 11 }, (_, index) => settlementFor(threw(new Error('x')), index + 1, DEFAULT_RETRY, 0.5));
  const seconds = waits.map((settlement) => (settlement as { delayMs: number }).delayMs / 1_000);
  expect(seconds).toEqual([1, 3, 9, 27, 81, 243, 729, 2_187, 6_561, 19_683, 43_200]);
  expect(settlementFor(threw(new Error('x')), 12, DEFAULT_RETRY, 0.5)).toMatchObject({ to: 'dead' });
});
