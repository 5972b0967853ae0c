// settlementFor, row by row: the settlement of each outcome, and the stored report of a thrown value.
import { expect, test } from 'vitest';
import { type Outcome, settlementFor } from '../../src/core/delivery.ts';
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

test('a delivery waits after eleven failures, and is dead after the twelfth', () => {
  const settled = Array.from({ length: 12 }, (_, index) => settlementFor(threw(new Error('x')), index + 1, DEFAULT_RETRY, 0.5));
  const seconds = settled.map((settlement) => (settlement.to === 'ready' ? settlement.delayMs / 1_000 : settlement.to));
  expect(seconds).toEqual([1, 3, 9, 27, 81, 243, 729, 2_187, 6_561, 19_683, 43_200, 'dead']);
});
