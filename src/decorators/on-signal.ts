// @OnSignal: tags a method as a receiver of a signal. It decides nothing: names, defaults and clashes are settled when
// a box is made from the classes (receivers/register.ts).
// One function serves both kinds of decorators. As a standard decorator it is called with (method, context), as a
// legacy one (`experimentalDecorators`) with (prototype or class, key, descriptor).
import type { BatchContext, BatchItem, DetachedBatchContext } from '../core/batch.ts';
import type { DeliveryContext, DetachedDeliveryContext } from '../core/context.ts';
import { nameOf, readTag, writeTag } from '../core/copies.ts';
import type { Duration } from '../core/duration.ts';
import type { Isolation } from '../core/isolation.ts';
import type { Class } from '../core/receivers.ts';
import type { RetryOptions } from '../core/retry.ts';
import { isSignal, type PayloadOf, type Signal } from '../core/signal.ts';
import { SignalboxError } from '../errors.ts';
import { METADATA } from './metadata.ts';
import { markService } from './process-wide.ts';
import { memberWithoutParentheses } from './parentheses.ts';

/** Options for the registration and the runs of a receiver. */
export interface OnSignalOptions {
  /**
   * The stored name, in place of `Class.method`: 1 to 200 characters without spaces. Pin it before you rename the
   * method or minify the class's name.
   */
  name?: string;
  /** All stored names that it had before: it is the same receiver, whichever of its names a process has code for. */
  formerly?: readonly string[];
  /** Workers that serve this queue run it. Default `'default'`. */
  queue?: string;
  /** A whole number from -1000 to 1000: receivers with a higher one are served first. Default 0. */
  priority?: number;
  /**
   * The number of attempts of a failed delivery, and the waits between them. Default: 12 attempts over about 20 hours.
   */
  retry?: RetryOptions;
  /**
   * The longest time of a run from its call; then it has failed, and its transaction is rolled back. 1 ms to 24 hours.
   * Default `'60s'`.
   */
  timeout?: Duration;
  /**
   * `true` (the default): the receiver gets a transaction, which commits with the completion of the delivery, so
   * that its writes happen once. `false`: it gets none, and runs at least once; for calls to other systems.
   */
  transactional?: boolean;
  /**
   * The isolation level of its transaction: `'read committed'` (the default, whatever the default of the database is),
   * `'repeatable read'` or `'serializable'`. After a conflict with another transaction (40001, 40P01) it runs again at
   * once, up to five times, and only then costs an attempt. Not for `emit` and `emitRobust`, which run it in the
   * caller's transaction.
   */
  isolation?: Isolation;
  /**
   * A whole number from 2 to 25: where many deliveries wait, up to this many run one after the other in one transaction, each in a
   * savepoint of its own, and are completed together. Faster, for receivers that take a few milliseconds and write to the database
   * alone: a transaction that comes to nothing is repeated, each delivery by itself then, and so are the calls that it made elsewhere.
   * Not for retries. `false`: never, whatever `share` of the box says. Default: as the box says, which is never unless it is given.
   */
  share?: number | false;
}

/** Options for the registration and the runs of a receiver that takes several deliveries at a time. */
export interface BatchOptions extends OnSignalOptions {
  /**
   * A whole number from 2 to 1000: the method takes an array of up to this many deliveries (`BatchItem`) and a
   * `BatchContext`. A call takes the deliveries that are due; it never waits for more.
   */
  batch: number;
}

/** The options of either kind. */
export type AnyOptions = OnSignalOptions & { readonly batch?: number | undefined };

type MethodContext = Pick<ClassMethodDecoratorContext, 'kind' | 'name' | 'private' | 'static' | 'metadata'>;

type Method<Payload, Context> = (payload: Payload, context: Context) => unknown;

/**
 * A decorator for methods that take `Payload` and, if they wish, `Context`: a legacy one, called with the method's
 * class, key and descriptor, and a standard one, called with the method and its context. One signature on purpose: of
 * overloads, the compiler would report each one's error, and the one that helps last.
 */
export type OnSignalDecorator<Payload, Context> = <
  M extends Method<Payload, Context>,
  Key extends string | symbol | ClassMethodDecoratorContext<unknown, M>,
>(
  target: object,
  key: Key,
  ...descriptor: Key extends string | symbol ? [descriptor: TypedPropertyDescriptor<M>] : []
) => void;

/** One `@OnSignal` on one method. */
export interface OnSignalTag {
  readonly key: string | symbol;
  readonly placement: 'instance' | 'static';
  readonly signal: Signal;
  readonly options: AnyOptions;
}

/** One signal, or a list of signals that are all received. */
export type SignalOrSignals = Signal | readonly [Signal, ...Signal[]];

/** The payload of one signal, or of any of a list. */
export type PayloadOfAny<S extends SignalOrSignals> = S extends readonly Signal[]
  ? PayloadOf<S[number]>
  : S extends Signal
    ? PayloadOf<S>
    : never;

/**
 * Makes a method a receiver of `signal`, stored under the name `Class.method`; a list, or stacked decorators, receive
 * several. Works on instance and static methods, as a standard and as a legacy decorator. A method whose parameters do
 * not fit the signal is a compile error.
 * @throws SignalboxError `InvalidDecorator` on anything but a public method
 * @example
 * class Order {
 *   \@OnSignal(payment.completed)
 *   async onPaymentCompleted({ paymentId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext) { … }
 * }
 */
export function OnSignal<const S extends SignalOrSignals>(
  signal: S,
  options: BatchOptions & { transactional: false },
): OnSignalDecorator<BatchItem<PayloadOfAny<S>>[], DetachedBatchContext>;
export function OnSignal<const S extends SignalOrSignals>(
  signal: S,
  options: BatchOptions & { transactional?: true },
): OnSignalDecorator<BatchItem<PayloadOfAny<S>>[], BatchContext>;
export function OnSignal<const S extends SignalOrSignals>(
  signal: S,
  options: OnSignalOptions & { batch?: undefined; transactional: false },
): OnSignalDecorator<PayloadOfAny<S>, DetachedDeliveryContext>;
export function OnSignal<const S extends SignalOrSignals>(
  signal: S,
  options?: OnSignalOptions & { batch?: undefined; transactional?: true },
): OnSignalDecorator<PayloadOfAny<S>, DeliveryContext>;
export function OnSignal(signal: SignalOrSignals, options: AnyOptions = {}): OnSignalDecorator<unknown, never> {
  const signals = (Array.isArray(signal) ? signal : [signal]) as readonly Signal[];
  const bare = memberWithoutParentheses(options);
  if (bare !== undefined)
    throw new SignalboxError(
      'InvalidDecorator',
      `@OnSignal stands on ${bare} without a signal. Write @OnSignal(signal), with the signal that it receives.`,
    );
  if (signals.length === 0 || !signals.every(isSignal))
    throw new SignalboxError(
      'InvalidDecorator',
      '@OnSignal was given no signal. Does a circular import leave it undefined? Put signals into a file that imports no services.',
    );
  return (target: object, second: string | symbol | MethodContext, descriptor?: PropertyDescriptor): void => {
    for (const one of signals) {
      if (typeof second === 'object') tagStandard(second, one, options);
      else tagLegacy(target, second, descriptor, one, options);
    }
  };
}

const TAGS = Symbol.for('signalbox.onSignal');

/** The list of tags of a prototype, a class or its metadata. */
const tagsOf = (holder: object, name: string): OnSignalTag[] => (readTag(holder, TAGS, name) as OnSignalTag[] | undefined) ?? [];

function addTag(holder: object, tag: OnSignalTag): void {
  const tags = readTag(holder, TAGS, String(tag.key)) as OnSignalTag[] | undefined;
  if (tags) tags.push(tag);
  else writeTag(holder, TAGS, [tag]);
}

function tagStandard(context: MethodContext, signal: Signal, options: AnyOptions): void {
  if (context.kind !== 'method' || context.private) throw notAMethod(signal, context.name);
  const metadata = context.metadata as object | undefined;
  if (!metadata)
    throw new SignalboxError(
      'InvalidDecorator',
      `@OnSignal(${signal.name}) got no decorator metadata from the compiler. Compile with TypeScript 5.2 or later.`,
    );
  // The metadata of a class inherits from that of its parent, whose tags must stay its own.
  addTag(metadata, { key: context.name, placement: context.static ? 'static' : 'instance', signal, options });
}

function tagLegacy(
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  signal: Signal,
  options: AnyOptions,
): void {
  if (typeof descriptor?.value !== 'function') throw notAMethod(signal, key);
  addTag(target, { key, placement: typeof target === 'function' ? 'static' : 'instance', signal, options });
  // A standard decorator of a method does not get its class: there, @Service marks it.
  markService((typeof target === 'function' ? target : target.constructor) as Class);
}

function notAMethod(signal: Signal, key: string | symbol | undefined): SignalboxError {
  return new SignalboxError(
    'InvalidDecorator',
    `@OnSignal(${signal.name}) stands on ${String(key ?? 'a class')}, which is no public method. Put it on a method.`,
  );
}

/**
 * The tags of a class and of the classes it extends, the most derived first for a method and signal tagged in several.
 * A method that overrides a tagged one without a tag of its own is still a receiver.
 * @throws SignalboxError `IncompatibleCopy`
 */
export function onSignalTags(service: Class): OnSignalTag[] {
  const found = new Map<string | symbol, OnSignalTag[]>();
  for (let at: unknown = service; typeof at === 'function' && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    const own = ownTags(at as Class);
    for (const tag of own) {
      const sameKey = found.get(tag.key) ?? [];
      if (sameKey.some((seen) => seen.placement === tag.placement && seen.signal === tag.signal && !own.includes(seen))) continue;
      found.set(tag.key, [...sameKey, tag]);
    }
  }
  return [...found.values()].flat();
}

function ownTags(service: Class): readonly OnSignalTag[] {
  const name = nameOf(service);
  const metadata = Object.hasOwn(service, METADATA)
    ? (service as unknown as Readonly<Record<symbol, object | undefined>>)[METADATA]
    : undefined;
  const prototype: unknown = (service as { prototype?: unknown }).prototype;
  const holders = [metadata, prototype, service].filter(
    (holder): holder is object => (typeof holder === 'object' && holder !== null) || holder === service,
  );
  return holders.flatMap((holder) => tagsOf(holder, name));
}
