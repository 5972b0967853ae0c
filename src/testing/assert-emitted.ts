// assertEmitted: whether a block emitted a signal. A failure lists what was emitted instead.
import { AssertionError } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { anything, whole } from '../core/rules.ts';
import type { PayloadOf, Signal } from '../core/signal.ts';
import type { CapturedEmission, CapturedEmissions } from './captured.ts';

/** What is expected of the emissions of a signal. */
export interface EmittedExpectation<Payload = unknown> {
  /** Exactly so many match. Default: at least one. 0: none. */
  times?: number;
  /** The payload has these members, each deeply equal, or the function returns true for it. Default: any payload. */
  with?: Partial<Payload> | ((payload: Payload) => boolean);
}

const OPTIONS: OptionTable<EmittedExpectation> = { times: whole(0, 1_000_000), with: anything };

/** The most emissions that a failure lists. */
const MOST_LISTED = 20;

/**
 * @throws AssertionError; SignalboxError `InvalidOption`
 * @example assertEmitted(seen, payment.completed, { times: 1, with: { paymentId: 1 } });
 */
export function assertEmitted<S extends Signal>(
  seen: CapturedEmissions,
  signal: S,
  expectation: EmittedExpectation<PayloadOf<S>> = {},
): void {
  checkOptions(expectation, OPTIONS, 'assertEmitted');
  const { times, with: expected } = expectation;
  const found = seen.of(signal).filter(({ payload }) => expected === undefined || matches(payload, expected));
  if (times === undefined ? found.length > 0 : found.length === times) return;
  const wanted = times === undefined ? 'at least once' : times === 1 ? 'once' : `${times} times`;
  const like =
    expected === undefined
      ? ''
      : typeof expected === 'function'
        ? ', its payload accepted by the function,'
        : `, its payload like ${show(expected)},`;
  throw new AssertionError({
    message: `${signal.name} was to be emitted ${wanted}${like || ','} and was so ${found.length} times. ${listOf(seen.all)}`,
    actual: seen.of(signal).map(({ payload }) => payload),
    expected: typeof expected === 'function' ? undefined : expected,
    operator: 'assertEmitted',
    stackStartFn: assertEmitted,
  });
}

function matches<Payload>(payload: Payload, expected: Partial<Payload> | ((payload: Payload) => boolean)): boolean {
  if (typeof expected === 'function') return expected(payload);
  if (!isObject(payload) || !isObject(expected)) return isDeepStrictEqual(payload, expected);
  return Object.entries(expected).every(([key, value]) => key in payload && isDeepStrictEqual(payload[key], value));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function listOf(all: readonly CapturedEmission[]): string {
  if (all.length === 0) return 'Nothing was emitted.';
  const lines = all.slice(0, MOST_LISTED).map(({ signal, payload }) => `  ${signal} ${show(payload)}`);
  const more = all.length > MOST_LISTED ? [`  and ${all.length - MOST_LISTED} more`] : [];
  return ['Emitted were:', ...lines, ...more].join('\n');
}

const show = (value: unknown): string => inspect(value, { depth: 4, breakLength: Infinity, maxStringLength: 200 });
