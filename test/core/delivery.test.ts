// settlementFor: what is written for each outcome, row by row; and what is kept of a thrown value.
import { expect, test } from 'vitest';
import { errorRecord, type Outcome, settlementFor } from '../../src/core/delivery.ts';
import { Discard, RetryAfter, Unrecoverable } from '../../src/core/outcome.ts';
import { DEFAULT_RETRY, retryPolicy } from '../../src/core/retry.ts';

const threw = (error: unknown): Outcome => ({ kind: 'threw', error });
const policy = retryPolicy({ attempts: 3, jitter: 0 }, 'test');
const kept = (name: string, message: string): object => ({ name, message, stack: expect.stringContaining(message) as string });

test.each<[what: string, outcome: Outcome, attempt: number, settlement: object]>([
  ['returned', { kind: 'returned' }, 1, { to: 'completed' }],
  ['returned in its last attempt', { kind: 'returned' }, 3, { to: 'completed' }],
  ['threw, budget left', threw(new Error('x')), 1, { to: 'ready', delayMs: 1_000, refund: false, error: kept('Error', 'x') }],
  ['threw again, budget left', threw(new Error('x')), 2, { to: 'ready', delayMs: 3_000, refund: false, error: kept('Error', 'x') }],
  ['threw, budget spent', threw(new Error('x')), 3, { to: 'dead', error: kept('Error', 'x') }],
  ['threw beyond its budget, which was lowered meanwhile', threw(new Error('x')), 9, { to: 'dead', error: kept('Error', 'x') }],
  ['threw nothing, budget left', threw(undefined), 1, { to: 'ready', delayMs: 1_000, refund: false, error: expect.anything() as object }],
  ['threw null, budget spent', threw(null), 3, { to: 'dead', error: { name: 'Thrown', message: 'null' } }],
  ['threw Discard', threw(new Discard('not mine')), 1, { to: 'cancelled', error: kept('Discard', 'not mine') }],
  ['threw Discard in its last attempt', threw(new Discard('not mine')), 3, { to: 'cancelled', error: kept('Discard', 'not mine') }],
  ['threw Unrecoverable', threw(new Unrecoverable('gone')), 1, { to: 'dead', error: kept('Unrecoverable', 'gone') }],
  [
    'threw RetryAfter',
    threw(new RetryAfter('2m', 'busy')),
    1,
    { to: 'ready', delayMs: 120_000, refund: true, error: kept('RetryAfter', 'busy') },
  ],
  [
    'threw RetryAfter in its last attempt',
    threw(new RetryAfter(5, 'busy')),
    3,
    { to: 'ready', delayMs: 5, refund: true, error: kept('RetryAfter', 'busy') },
  ],
  ['was interrupted', { kind: 'interrupted', delayMs: 0 }, 1, { to: 'released', delayMs: 0 }],
  ['was interrupted in its last attempt', { kind: 'interrupted', delayMs: 7 }, 3, { to: 'released', delayMs: 7 }],
])('a run that %s', (_what, outcome, attempt, settlement) => {
  expect(settlementFor(outcome, attempt, policy, 0.5)).toEqual(settlement);
});

test('a budget of one attempt allows no retry', () => {
  expect(settlementFor(threw(new Error('x')), 1, { ...policy, attempts: 1 }, 0.5)).toMatchObject({ to: 'dead' });
});

test('the jitter varies a retry, and never the wait of RetryAfter or of a release', () => {
  const delays = (outcome: Outcome): unknown[] =>
    [0, 1].map((random) => (settlementFor(outcome, 1, DEFAULT_RETRY, random) as { delayMs?: number }).delayMs);
  expect(delays(threw(new Error('x')))).toEqual([800, 1_200]);
  expect(delays(threw(new RetryAfter('10s')))).toEqual([10_000, 10_000]);
  expect(delays({ kind: 'interrupted', delayMs: 500 })).toEqual([500, 500]);
});

test('RetryAfter may wait longer than the longest wait of the policy', () => {
  expect(settlementFor(threw(new RetryAfter('3d')), 1, DEFAULT_RETRY, 0.5)).toMatchObject({ delayMs: 3 * 86_400_000 });
});

test('eleven failures wait, the twelfth kills', () => {
  const settled = Array.from({ length: 12 }, (_, index) => settlementFor(threw(new Error('x')), index + 1, DEFAULT_RETRY, 0.5));
  const seconds = settled.map((settlement) => (settlement.to === 'ready' ? settlement.delayMs / 1_000 : settlement.to));
  expect(seconds).toEqual([1, 3, 9, 27, 81, 243, 729, 2_187, 6_561, 19_683, 43_200, 'dead']);
});

const unwritable: Record<string, unknown> = { big: 1n };
const unwilling = {
  toJSON: () => {
    throw new Error('not me');
  },
};
const withoutStack = Object.assign(new RangeError('no stack'), { stack: undefined });

test.each<[what: string, thrown: unknown, message: string]>([
  ['a text', 'no', 'no'],
  ['an empty text', '', ''],
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a number', 404, '404'],
  ['NaN', NaN, 'NaN'],
  ['a bigint', 12n, '12'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['an object', { code: 7 }, '{"code":7}'],
  ['an object without prototype', Object.create(null), '{}'],
  ['an object that JSON cannot write', unwritable, '[object Object]'],
  ['an object whose toJSON throws', unwilling, '[object Object]'],
  ['an object whose toJSON gives nothing', { toJSON: () => undefined }, '[object Object]'],
  ['a text with what jsonb refuses', 'a\u0000b\udc00', 'ab\ufffd'],
])('%s that is thrown is recorded as its text, without a stack', (_what, thrown, message) => {
  expect(errorRecord(thrown)).toEqual({ name: 'Thrown', message });
});

test('a function that is thrown is recorded as its text', () => {
  expect(errorRecord(function gone() {}).message).toContain('gone');
});

test.each<[what: string, thrown: unknown, record: object]>([
  ['an error', new TypeError('no'), { name: 'TypeError', message: 'no', stack: expect.stringContaining('TypeError: no') as string }],
  ['an error without a stack', withoutStack, { name: 'RangeError', message: 'no stack', stack: 'RangeError: no stack' }],
  ['an error with what jsonb refuses', new Error('a\u0000b\ud800'), { message: 'ab\ufffd' }],
  ['an error whose name is no text', Object.assign(new Error('x'), { name: 7 }), { name: '7' }],
  ['an error with the longest name', Object.assign(new Error('x'), { name: 'N'.repeat(300) }), { name: `${'N'.repeat(200)}…` }],
  ['an error whose message just fits', new Error('m'.repeat(4_000)), { message: 'm'.repeat(4_000) }],
  ['an error whose message is too long', new Error('m'.repeat(4_001)), { message: `${'m'.repeat(4_000)}…` }],
  ['an error that is cut within a character', new Error('m'.repeat(3_999) + '😀'), { message: `${'m'.repeat(3_999)}\ufffd…` }],
])('%s is recorded', (_what, thrown, record) => {
  expect(errorRecord(thrown)).toMatchObject(record);
});

test('the causes of an error are told in its stack, the nearest first, five errors in all', () => {
  let error = new Error('level 9');
  for (let level = 8; level >= 0; level--) error = new Error(`level ${level}`, { cause: error });
  const told = errorRecord(error).stack!.match(/(Caused by: )?Error: level \d/g);
  expect(told).toEqual(['Error: level 0', ...[1, 2, 3, 4].map((level) => `Caused by: Error: level ${level}`)]);
});

test('a cause is told also after an error whose text fills the whole stack', () => {
  const { stack } = errorRecord(new Error('x'.repeat(100_000), { cause: new Error('the reason') }));
  expect(stack).toContain('Caused by: Error: the reason');
});

test('what is kept of an error that is its own cause is bounded', () => {
  const endless = new Error('x'.repeat(100_000));
  endless.cause = endless;
  const { message, stack } = errorRecord(endless);
  expect(message.length).toBe(4_001);
  expect(stack!.length).toBeLessThanOrEqual(12_100);
});

test('an error is not changed by being recorded', () => {
  const error = new Error('a\u0000b', { cause: new Error('inner') });
  const before = [error.message, error.stack, error.cause];
  errorRecord(error);
  expect([error.message, error.stack, error.cause]).toEqual(before);
});
