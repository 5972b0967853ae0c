// Composes the hooks of extensions, the first outermost, once for a box. Without hooks there is nothing to call: emits and runs go
// straight to what would be inside. What a hook that throws, forgets `next` or calls it twice means: docs/design/extensions.md.
import type { EmissionReceipt } from './dispatcher.ts';
import type { AroundEmit, AroundReceive, EmitInfo, Hook, NextReceive, ReceivedDelivery, ReceiveInfo } from './extension.ts';
import { checkValue } from './options.ts';
import { outcomeKind } from './outcome.ts';
import type { Receiver } from './receivers.ts';
import { object } from './rules.ts';
import { errorReport } from './error-report.ts';
import { isSignalboxError, SignalboxError } from '../errors.ts';

/** Stores emissions with these headers, or calls their receivers. */
export type Emit = (headers: EmitInfo['headers']) => Promise<readonly EmissionReceipt[]>;

/** An emit with all hooks around it. */
export type ComposedEmit = (info: EmitInfo, emit: Emit) => Promise<readonly EmissionReceipt[]>;

/** Calls a receiver. Returns what that returns, so a promise if it is asynchronous. */
export type Call = (payload: unknown, context: object) => unknown;

/** The call of a receiver with all hooks around it. */
export type ComposedReceive = (receiver: Receiver, call: Call) => Call;

const headersRule = object('an object of texts, or nothing');

/** `undefined` without hooks. */
export function composeEmit(hooks: readonly Hook<AroundEmit>[]): ComposedEmit | undefined {
  if (hooks.length === 0) return undefined;
  const from = async (index: number, info: EmitInfo, emit: Emit): Promise<readonly EmissionReceipt[]> => {
    const hook = hooks[index];
    if (!hook) return emit(info.headers);
    const { extension, around } = hook;
    return through(
      extension,
      (next: (headers?: EmitInfo['headers']) => Promise<readonly EmissionReceipt[]>) => around(info, next),
      async (headers) => {
        if (headers === undefined) return from(index + 1, info, emit);
        checkValue(headers, headersRule, `The extension ${extension}`, 'what it gave to next');
        return from(index + 1, { ...info, headers: { ...info.headers, ...headers } }, emit);
      },
    );
  };
  return (info, emit) => from(0, info, emit);
}

/** `undefined` without hooks. */
export function composeReceive(hooks: readonly Hook<AroundReceive>[]): ComposedReceive | undefined {
  if (hooks.length === 0) return undefined;
  return (receiver, call) => async (payload, context) => {
    const info = new Received(receiver, payload, context);
    let isCalled = false;
    const from = async (index: number): Promise<unknown> => {
      const hook = hooks[index];
      if (!hook) {
        isCalled = true;
        return call(payload, context);
      }
      const { extension, around } = hook;
      try {
        return await through(
          extension,
          (next) => around(info, next as NextReceive),
          () => from(index + 1),
        );
      } catch (error) {
        if (isCalled || outcomeKind(error) !== undefined || isSignalboxError(error, 'ExtensionFailed')) throw error;
        throw new SignalboxError(
          'ExtensionFailed',
          `The extension ${extension} kept ${receiver.name} from being called: ${errorReport(error).message} Mend the extension, or let it throw Discard, Unrecoverable or RetryAfter if it refuses this delivery.`,
          { cause: error },
        );
      }
    };
    return from(0);
  };
}

/**
 * One hook around what is inside, which is called once at most. It ends when both have ended; it fails if either fails, with the error
 * of the hook if that has one: a hook can replace an error and cannot hide one.
 */
async function through<Given, Result>(
  extension: string,
  hook: (next: (given?: Given) => Promise<Result>) => unknown,
  inside: (given?: Given) => Promise<Result>,
): Promise<Result> {
  let inner: Promise<Result> | undefined;
  let isOver = false;
  let misuse: SignalboxError | undefined;
  const next = async (given?: Given): Promise<Result> => {
    if (inner || isOver) {
      misuse = misused(extension, isOver ? 'after it had ended' : 'twice');
      throw misuse;
    }
    inner = inside(given);
    return inner;
  };
  try {
    // The code below waits for a receiver that the hook does not await.
    await hook((given) => seen(next(given)));
  } catch (error) {
    isOver = true;
    await inner?.catch(noop);
    throw error;
  }
  isOver = true;
  if (!inner) throw misused(extension, 'not at all');
  const result = await inner;
  if (misuse) throw misuse;
  return result;
}

const misused = (extension: string, how: string): SignalboxError =>
  new SignalboxError('ExtensionMisused', `The extension ${extension} called next ${how}. Let each of its hooks await next() once.`);

const noop = (): void => {};

/** A promise whose failure is seen, whether its taker looks or not. */
function seen<T>(work: Promise<T>): Promise<T> {
  work.catch(noop);
  return work;
}

/** The common part of all contexts of receivers. */
type Context = Pick<ReceiveInfo, 'abortSignal'> & Partial<Pick<ReceiveInfo, 'tx'>>;

/** Properties that cost something are made when a hook reads them. */
class Received implements ReceiveInfo {
  readonly receiver: string;
  readonly signal: string;
  readonly queue: string;
  readonly deliveries: readonly ReceivedDelivery[];
  readonly #context: Context;

  constructor({ name, signal, queue, batch }: Receiver, payload: unknown, context: object) {
    this.receiver = name;
    this.signal = signal.name;
    this.queue = queue;
    this.deliveries = batch === undefined ? [context as ReceivedDelivery] : (payload as readonly ReceivedDelivery[]);
    this.#context = context as Context;
  }

  get abortSignal(): AbortSignal {
    return this.#context.abortSignal;
  }

  get tx(): ReceiveInfo['tx'] {
    return this.#context.tx;
  }
}
