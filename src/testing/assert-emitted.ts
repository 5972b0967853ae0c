// assertEmitted: whether a block emitted a signal. A failure lists what was emitted instead.
import { checkOptions, type OptionTable } from '../core/options.ts';
import { anything, whole } from '../core/rules.ts';
import type { PayloadOf, Signal } from '../core/signal.ts';
import type { CapturedEmission, CapturedEmissions } from './captured.ts';
import { isLike, type Like, tellLike } from './matching.ts';
import { listed, show, wantedTimes } from './show.ts';
import { insist, type Verdict } from './verdict.ts';

/** What is expected of the emissions of a signal. */
export interface EmittedExpectation<Payload = unknown> {
  /** Exactly so many match. Default: at least one. 0: none. */
  times?: number;
  /** The payload has these members, each deeply equal, or the function returns true for it. Default: any payload. */
  with?: Like<Payload>;
}

const OPTIONS: OptionTable<EmittedExpectation> = { times: whole(0, 1_000_000), with: anything };

/**
 * @throws AssertionError; SignalboxError `InvalidOption`
 * @example assertEmitted(seen, payment.completed, { times: 1, with: { paymentId: 1 } });
 */
export function assertEmitted<S extends Signal>(
  seen: CapturedEmissions,
  signal: S,
  expectation: EmittedExpectation<PayloadOf<S>> = {},
): void {
  insist(judgeEmitted(seen, signal, expectation, 'assertEmitted'), assertEmitted);
}

export function judgeEmitted<S extends Signal>(
  seen: CapturedEmissions,
  signal: S,
  expectation: EmittedExpectation<PayloadOf<S>>,
  subject: string,
): Verdict {
  checkOptions(expectation, OPTIONS, subject);
  const { times, with: expected } = expectation;
  const found = seen.of(signal).filter(({ payload }) => isLike(payload, expected));
  const of = `${signal.name} was`;
  return {
    pass: times === undefined ? found.length > 0 : found.length === times,
    message: (isNot = false) =>
      `${of}${isNot ? ' not' : ''} to be emitted ${wantedTimes(times)}${tellLike(expected)} and was so ${found.length} times. ${listed('Emitted were:', seen.all.map(lineOf), 'Nothing was emitted.')}`,
    actual: seen.of(signal).map(({ payload }) => payload),
    expected: typeof expected === 'function' ? undefined : expected,
  };
}

const lineOf = ({ signal, payload }: CapturedEmission): string => `${signal} ${show(payload)}`;
