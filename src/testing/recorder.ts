// recorder: stands for an outside service in tests. It answers the same for the same key, as services with idempotency keys do, remembers its
// calls, and can lose its answer: the call is carried out, and its caller never learns so.
import { checkOptions, type OptionTable } from '../core/options.ts';
import { callable } from '../core/rules.ts';
import { show } from './show.ts';

/** One call. */
export interface Recorded<Args extends readonly unknown[], Answer> {
  readonly args: Args;
  /** What the option `key` made of the arguments. */
  readonly key: string | undefined;
  /** Whether the service did what it was asked for: not where a call with this key had been carried out before. */
  readonly isFirst: boolean;
  readonly answer: Answer;
}

/** A function in the place of an outside service. */
export interface Recorder<Args extends readonly unknown[], Answer> {
  (...args: Args): Promise<Answer>;
  /** All calls that reached the service, in their order. */
  readonly calls: readonly Recorded<Args, Answer>[];
  /** Those that it carried out: one for each key, and each without a key. */
  readonly effects: readonly Recorded<Args, Answer>[];
  /** The next call is carried out, and rejects with {@link AnswerLost}. */
  loseNextAnswer(): void;
  /** Forgets all calls and keys. */
  reset(): void;
}

/** Options of {@link recorder}. */
export interface RecorderOptions<Args extends readonly unknown[]> {
  /** The idempotency key among the arguments. Without one, each call is carried out. */
  key?: (...args: Args) => string | undefined;
}

const OPTIONS: OptionTable<RecorderOptions<never[]>> = { key: callable };

/** A recorder of whatever calls. */
export type AnyRecorder = Pick<Recorder<readonly unknown[], unknown>, 'calls' | 'effects'>;

const forgetting = new WeakMap<object, (since: number) => void>();

/** Forgets the calls from this one on, and their keys: as if the service had never been asked. */
export const forgetSince = (recorder: AnyRecorder, since: number): void => forgetting.get(recorder)?.(since);

/** Those of the calls from `before` on that the service carried out, as texts. */
export const effectsOf =
  (before: readonly number[]) =>
  (recorder: AnyRecorder, index: number): readonly string[] =>
    recorder.calls
      .slice(before[index])
      .filter(({ isFirst }) => isFirst)
      .map(({ key, args }) => `${key === undefined ? 'without a key' : `with the key ${key}`}, ${show(args)}`);

/** The answer of a call that was carried out did not arrive. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

/**
 * @param answer the answer of the service to a call; it may be asynchronous, and what it throws refuses the call, which then has had no effect
 * @throws SignalboxError `InvalidOption`
 * @example
 * const charge = recorder((amount: number, _key: string) => ({ id: 'ch_1', amount }), { key: (_amount, key) => key });
 * const box = createSignalbox({ db, services: [Payments], overrides: [provide(CHARGE, charge)] });
 * charge.loseNextAnswer();
 */
export function recorder<Args extends readonly unknown[], Answer>(
  answer: (...args: Args) => Answer | Promise<Answer>,
  options: RecorderOptions<NoInfer<Args>> = {},
): Recorder<Args, Answer> {
  checkOptions(options, OPTIONS, 'recorder');
  const calls: Recorded<Args, Answer>[] = [];
  const answers = new Map<string, Promise<Answer>>();
  let losesNext = false;

  const call = async (...args: Args): Promise<Answer> => {
    const loses = losesNext;
    losesNext = false;
    const key = options.key?.(...args);
    const before = key === undefined ? undefined : answers.get(key);
    const answering = before ?? Promise.resolve(args).then(() => answer(...args));
    if (key !== undefined && !before) answers.set(key, answering);
    let given: Answer;
    try {
      given = await answering;
    } catch (error) {
      // A call that was refused had no effect, so its key is free.
      if (key !== undefined) answers.delete(key);
      throw error;
    }
    calls.push({ args, key, isFirst: before === undefined, answer: given });
    if (loses) throw new AnswerLost('The service has carried out the call, and its answer was lost.');
    return given;
  };

  forgetting.set(call, (since) => {
    for (const { key } of calls.splice(since)) if (key !== undefined && !calls.some((earlier) => earlier.key === key)) answers.delete(key);
  });
  return Object.defineProperties(call, {
    calls: { get: () => [...calls] },
    effects: { get: () => calls.filter(({ isFirst }) => isFirst) },
    loseNextAnswer: {
      value: () => {
        losesNext = true;
      },
    },
    reset: {
      value: () => {
        calls.length = 0;
        answers.clear();
        losesNext = false;
      },
    },
  }) as Recorder<Args, Answer>;
}
