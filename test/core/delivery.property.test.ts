// For every outcome of a run and every policy, the settlement keeps to the diagram of docs/concepts.md.
// delivery.test.ts has the single rows.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorRecord, type Outcome, type Settlement, settlementFor } from '../../src/core/delivery.ts';
import { Discard, RetryAfter, Unrecoverable } from '../../src/core/outcome.ts';
import { type RetryPolicy, retryPolicy } from '../../src/core/retry.ts';

const ms = fc.integer({ min: 0, max: 10 * 365 * 86_400_000 });

const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    attempts: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 10_000 })),
    delay: ms,
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    maxDelay: ms,
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((options) => retryPolicy(options, 'test'));

/** Within the budget, at its end, and beyond it: the budget may be lowered while a delivery waits. */
const attempts = fc.oneof(fc.integer({ min: 1, max: 22 }), fc.integer({ min: 1, max: 20_000 }));
const draws = fc.double({ min: 0, max: 1, noNaN: true });
const texts = fc.string({ unit: 'binary', maxLength: 5_000 });

const discards = texts.map((reason) => new Discard(reason));
const unrecoverables = texts.map((reason) => new Unrecoverable(reason));
const retryAfters = fc.tuple(ms, texts).map(([delay, reason]) => new RetryAfter(delay, reason));
const errors = fc.tuple(texts, fc.anything()).map(([message, cause]) => new Error(message, { cause }));
/** None of the three outcomes, and in most cases not even an error. */
const failures = fc.oneof(errors, fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSet: true }));
const thrown = fc.oneof(failures, discards, unrecoverables, retryAfters);

const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: 'returned' }),
  ms.map((delayMs): Outcome => ({ kind: 'interrupted', delayMs })),
  thrown.map((error): Outcome => ({ kind: 'threw', error })),
);

/** The states to which each outcome may lead from `running`, as in the diagram. */
const MOVES: Readonly<Record<Outcome['kind'], readonly Settlement['to'][]>> = {
  returned: ['completed'],
  interrupted: ['released'],
  threw: ['ready', 'dead', 'cancelled'],
};

const settle = (error: unknown, attempt: number, policy: RetryPolicy, draw: number): Settlement =>
  settlementFor({ kind: 'threw', error }, attempt, policy, draw);

test('every outcome of a run leads along an arrow of the diagram, after a wait that is a number', () => {
  fc.assert(
    fc.property(outcomes, attempts, policies, draws, (outcome, attempt, policy, draw) => {
      const settlement = settlementFor(outcome, attempt, policy, draw);
      expect(MOVES[outcome.kind]).toContain(settlement.to);
      if ('delayMs' in settlement) {
        expect(Number.isSafeInteger(settlement.delayMs)).toBe(true);
        expect(settlement.delayMs).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test('the same outcome, attempt, policy and draw settle alike, and the arguments are not changed', () => {
  fc.assert(
    fc.property(outcomes, attempts, policies, draws, (outcome, attempt, policy, draw) => {
      const before = { ...policy };
      expect(settlementFor(outcome, attempt, Object.freeze(policy), draw)).toEqual(settlementFor(outcome, attempt, policy, draw));
      expect(policy).toEqual(before);
    }),
  );
});

test('a failed delivery runs again while attempts are left, and is dead after the last one', () => {
  fc.assert(
    fc.property(failures, attempts, policies, draws, (error, attempt, policy, draw) => {
      const settlement = settle(error, attempt, policy, draw);
      expect(settlement).toMatchObject(attempt < policy.attempts ? { to: 'ready', refund: false } : { to: 'dead' });
    }),
  );
});

test('a delivery that fails each time runs as often as its budget says', () => {
  const small = policies.map((policy) => ({ ...policy, attempts: 1 + (policy.attempts % 20) }));
  fc.assert(
    fc.property(failures, small, draws, (error, policy, draw) => {
      let runs = 1;
      while (settle(error, runs, policy, draw).to === 'ready') runs++;
      expect(runs).toBe(policy.attempts);
    }),
  );
});

test('RetryAfter delays the next run by exactly its duration and refunds the attempt, whatever the attempt was', () => {
  fc.assert(
    fc.property(retryAfters, attempts, policies, draws, (error, attempt, policy, draw) => {
      expect(settle(error, attempt, policy, draw)).toMatchObject({ to: 'ready', refund: true, delayMs: error.delayMs });
    }),
  );
});

test('Unrecoverable always makes a delivery dead, and Discard always cancels it', () => {
  fc.assert(
    fc.property(unrecoverables, discards, attempts, policies, draws, (unrecoverable, discard, attempt, policy, draw) => {
      expect(settle(unrecoverable, attempt, policy, draw).to).toBe('dead');
      expect(settle(discard, attempt, policy, draw).to).toBe('cancelled');
    }),
  );
});

test('the stored report of any thrown value is bounded text that jsonb takes', () => {
  fc.assert(
    fc.property(thrown, (error) => {
      const record = errorRecord(error);
      expect([record.name.length <= 201, record.message.length <= 4_001, (record.stack ?? '').length <= 12_100]).toEqual([
        true,
        true,
        true,
      ]);
      for (const text of Object.values(record) as string[]) expect([text.includes('\u0000'), text.isWellFormed()]).toEqual([false, true]);
    }),
  );
});

const OUTCOME = Symbol.for('signalbox.outcome');

test('an error whose parts are not text, or of a kind that only another version knows, is a failure like any other', () => {
  const parts = fc.record({ name: fc.anything(), message: fc.anything(), stack: fc.anything(), [OUTCOME]: fc.string() });
  fc.assert(
    fc.property(parts, attempts, policies, draws, (odd, attempt, policy, draw) => {
      const settlement = settle(Object.assign(new Error('odd'), odd), attempt, policy, draw);
      expect(settlement.to).toBe(attempt < policy.attempts ? 'ready' : 'dead');
      expect((settlement as { error: object }).error).toEqual({
        name: expect.any(String) as string,
        message: expect.any(String) as string,
        ...('stack' in (settlement as { error: object }).error && { stack: expect.any(String) as string }),
      });
    }),
  );
});

const unreadable = (): never => {
  throw new Error('not to be read');
};

test.each<[what: string, thrown: unknown]>([
  ...['name', 'message', 'stack', 'cause', OUTCOME].map((part): [string, unknown] => [
    `an error whose ${String(part)} cannot be read`,
    Object.defineProperty(new Error('odd'), part, { get: unreadable }),
  ]),
  [
    'a value whose properties cannot be read',
    new Proxy({}, { has: unreadable, get: unreadable, getPrototypeOf: unreadable, ownKeys: unreadable }),
  ],
])('%s is a failure like any other', (_what, thrown_) => {
  expect(settle(thrown_, 1, retryPolicy({ jitter: 0 }, 'test'), 0.5)).toMatchObject({ to: 'ready', delayMs: 1_000, refund: false });
});
