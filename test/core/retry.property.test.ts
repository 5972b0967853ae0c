// Properties of the waits for any policy, attempt and draw. retry.test.ts has single numbers.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, type RetryPolicy, retryPolicy } from '../../src/core/retry.ts';

const LONGEST_MS = 10 * 365 * 86_400_000;

const ms = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: LONGEST_MS }));

/** Any policy that is accepted. */
const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    attempts: fc.integer({ min: 1, max: 10_000 }),
    delay: ms,
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    maxDelay: ms,
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((options) => retryPolicy(options, 'test'));

/** Any attempt, even beyond all budgets, which may be lowered while deliveries wait. */
const attempts = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const draws = fc.double({ min: 0, max: 1, noNaN: true });

const straight = (policy: RetryPolicy, attempt: number): number => backoffMs({ ...policy, jitter: 0 }, attempt, 0.5);

test('a wait is a whole number of milliseconds, never negative, that the database can add to a time', () => {
  fc.assert(
    fc.property(policies, attempts, draws, (policy, attempt, draw) => {
      const wait = backoffMs(policy, attempt, draw);
      expect(Number.isSafeInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('no wait is longer than the maximum, except by its jitter', () => {
  fc.assert(
    fc.property(policies, attempts, draws, (policy, attempt, draw) => {
      expect(straight(policy, attempt)).toBeLessThanOrEqual(policy.maxDelayMs);
      expect(backoffMs(policy, attempt, draw)).toBeLessThanOrEqual(Math.round(policy.maxDelayMs * (1 + policy.jitter)));
    }),
  );
});

test('the jitter changes a wait by at most its share, in both directions, and a higher draw makes a longer wait', () => {
  fc.assert(
    fc.property(policies, attempts, draws, draws, (policy, attempt, one, other) => {
      const [least, most] = [0, 1].map((draw) => backoffMs(policy, attempt, draw));
      const [shorter, longer] = [Math.min(one, other), Math.max(one, other)].map((draw) => backoffMs(policy, attempt, draw));
      expect([least!, shorter!, longer!, most!]).toEqual([least!, shorter!, longer!, most!].toSorted((a, b) => a - b));
      const share = straight(policy, attempt) * policy.jitter;
      // Three numbers are rounded separately: the wait, its share, and the result.
      expect(straight(policy, attempt) - least!).toBeLessThanOrEqual(share + 1.5 + share * 1e-12);
      expect(most! - straight(policy, attempt)).toBeLessThanOrEqual(share + 1.5 + share * 1e-12);
    }),
  );
});

test('the wait after a later attempt is never shorter, for the same draw', () => {
  fc.assert(
    fc.property(policies, attempts, attempts, draws, (policy, one, other, draw) => {
      const [earlier, later] = [Math.min(one, other), Math.max(one, other)];
      expect(backoffMs(policy, earlier, draw)).toBeLessThanOrEqual(backoffMs(policy, later, draw));
    }),
  );
});

test('the first wait is the delay, and each further wait is the previous one times the factor, up to the maximum', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 30 }), (policy, attempt) => {
      expect(straight(policy, 1)).toBe(Math.min(policy.delayMs, policy.maxDelayMs));
      const [wait, next] = [straight(policy, attempt), straight(policy, attempt + 1)];
      // Rounding changes the previous wait by half a millisecond at most, and the next one by as much.
      const slack = policy.factor / 2 + 0.5 + next * 1e-12;
      if (next < policy.maxDelayMs) expect(Math.abs(next - wait * policy.factor)).toBeLessThanOrEqual(slack);
    }),
  );
});

test('a policy gets defaults for omitted options, and the completed policy is valid', () => {
  const options = fc.record(
    { attempts: fc.integer({ min: 1, max: 10_000 }), delay: ms, factor: fc.double({ min: 1, max: 100, noNaN: true }), maxDelay: ms },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (given) => {
      const { delayMs, maxDelayMs, ...rest } = retryPolicy(given, 'test');
      expect(retryPolicy({ ...rest, delay: delayMs, maxDelay: maxDelayMs }, 'test')).toEqual({ delayMs, maxDelayMs, ...rest });
    }),
  );
});
