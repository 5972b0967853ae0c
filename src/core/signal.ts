// The definition of signals. A signal knows no database: each emit finds its box through the handle
// that it is given (core/dispatcher.ts).
import type { input, output, ZodType } from 'zod';
import { SignalboxError } from '../errors.ts';
import {
  type Dispatcher,
  dispatcherFor,
  type EmissionReceipt,
  type EmitOptions,
  LOCAL_EMIT_OPTIONS,
  type ReceiverResult,
  RELIABLE_EMIT_OPTIONS,
} from './dispatcher.ts';
import type { DatabaseHandle, ReliableHandle, TransactionHandle } from './handles.ts';
import { checkOptions, checkValue, type OptionTable, type Rule, show } from './options.ts';
import { callable, listOf, object, whole } from './rules.ts';
import { findSchemaFault } from './schema-check.ts';

/** Bytes of JSON that a payload may have unless its signal says otherwise: 256 KiB. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/**
 * The largest limit of a signal: 1 MiB. A payload is an event, not a document: store large data apart and send its id.
 */
export const MOST_PAYLOAD_BYTES = 1024 * 1024;

/** Options of a signal. */
export interface SignalOptions<Schema extends ZodType = ZodType> {
  /**
   * Version of the payload's shape, stored with each emission. A whole number from 1 to 1,000,000. Default 1. Without
   * `upcast`, the schema must also read payloads of older versions, as it does when every new property is optional.
   */
  version?: number;
  /**
   * Converts a payload that was stored under an older version to the shape of this one: from stored JSON to stored
   * JSON. A rejection fails the delivery, which is then retried.
   * @example upcast: (stored) => ({ currency: 'EUR', ...(stored as object) })
   */
  upcast?: Upcast<Schema>;
  /** Bytes of JSON that a payload may have, up to 1 MiB. Default 256 KiB. */
  maxPayloadBytes?: number;
}

/** Turns a payload as stored under an older `version` into what `Schema` reads today, stored form to stored form. */
export type Upcast<Schema extends ZodType = ZodType> = (stored: unknown, version: number) => input<Schema> | Promise<input<Schema>>;

/** A typed, named definition of something that happens. Made by {@link defineSignal}. */
export interface Signal<Name extends string = string, Schema extends ZodType = ZodType> {
  /** Stored with each emission. */
  readonly name: Name;
  /** Checks and encodes payloads at the emit, and decodes them for receivers. */
  readonly schema: Schema;
  /** Version of the payload's shape. */
  readonly version: number;
  /** Bytes of JSON that a payload may have. */
  readonly maxPayloadBytes: number;
  /** How payloads of older versions are read, if they differ. */
  readonly upcast: ((stored: unknown, version: number) => unknown) | undefined;
  /** Type only, `undefined` at run time: `typeof payment.completed.$payload` is what receivers get. As Drizzle's `$inferSelect`. */
  readonly $payload: Received<Schema>;

  /**
   * Runs the receivers of this process now, one after the other; the first error stops them and is thrown.
   * Nothing is stored: a crash loses the receivers that have not run.
   * @throws SignalboxError `InvalidPayload`, `PayloadNotStorable`, `PayloadTooLarge`, `BoxNotFound`, and whatever a
   *   receiver throws
   */
  emit(handle: DatabaseHandle | TransactionHandle, payload: Emitted<Schema>, options?: Pick<EmitOptions, 'headers'>): Promise<void>;

  /**
   * Runs all receivers of this process now, one after the other, even if some of them throw.
   * Errors are logged and returned. Nothing is stored: a crash loses the receivers that have not run.
   * @throws SignalboxError `InvalidPayload`, `PayloadNotStorable`, `PayloadTooLarge`, `BoxNotFound`
   */
  emitRobust(
    handle: DatabaseHandle | TransactionHandle,
    payload: Emitted<Schema>,
    options?: Pick<EmitOptions, 'headers'>,
  ): Promise<ReceiverResult[]>;

  /**
   * Stores one delivery for each receiver, in the transaction given. If it commits, a worker runs every one of them;
   * if it rolls back, nothing was ever there. One statement, one round trip.
   * @throws SignalboxError `InvalidPayload`, `PayloadNotStorable`, `PayloadTooLarge`, `NotInTransaction`,
   *   `TransactionEnded`, `UntrackedTransaction` (immediate mode only), `InvalidOption`, `MigrationMissing`,
   *   `BoxNotFound`
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.update(payments).set({ status: 'succeeded' }).where(eq(payments.id, id));
   *   await payment.completed.emitReliable(tx, { paymentId: id });
   * });
   */
  emitReliable(handle: ReliableHandle, payload: Emitted<Schema>, options?: EmitOptions): Promise<EmissionReceipt>;

  /**
   * {@link Signal.emitReliable} for many payloads, in one statement up to 5,000 of them or 8 million characters, in
   * several beyond. The receipts come in the order of the payloads.
   * @throws SignalboxError as {@link Signal.emitReliable}; then none of them is stored
   */
  emitMany(handle: ReliableHandle, payloads: readonly Emitted<Schema>[], options?: EmitOptions): Promise<EmissionReceipt[]>;
}

/** The payload that a receiver of signal `S` gets: the output type of its schema. The same as `typeof signal.$payload`. */
export type PayloadOf<S extends Signal> = Received<S['schema']>;

/**
 * The payload that an emit of signal `S` takes: the value that its schema can encode. For a Zod schema this is its output type, as
 * for receivers, because codecs turn a `Date` into the text that is stored and back. It has a name of its own for schemas that
 * only validate: of these, an emit is to take the input type.
 */
export type EmittedBy<S extends Signal> = Emitted<S['schema']>;

type Received<Schema extends ZodType> = output<Schema>;
type Emitted<Schema extends ZodType> = output<Schema>;

const OPTIONS: OptionTable<SignalOptions> = {
  version: whole(1, 1_000_000),
  upcast: callable,
  maxPayloadBytes: {
    ...whole(1, MOST_PAYLOAD_BYTES),
    wants: `a whole number from 1 to ${MOST_PAYLOAD_BYTES}; send the id of anything larger`,
  },
};
const PAYLOADS = listOf('payloads');
const DEFINITIONS = object('an object with a schema for each');

const NAME = /^[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*$/;

/**
 * Defines a signal. Name it for what has happened (`payment.completed`), never for what should happen.
 * @param name parts joined by dots, each a letter followed by letters, digits, `_` or `-`; 200 characters at most. It
 *   is stored.
 * @param schema a Zod schema whose values JSON can carry; codecs carry dates, bigints and the like
 * @throws SignalboxError `InvalidSignal`, `SchemaNotEncodable`
 * @example
 * export const invoiceSent = defineSignal('invoice.sent', z.object({ invoiceId: z.string() }), { version: 2 });
 */
export function defineSignal<const Name extends string, Schema extends ZodType>(
  name: Name,
  schema: Schema,
  options: SignalOptions<Schema> = {},
): Signal<Name, Schema> {
  if (typeof name !== 'string' || name.length > 200 || !NAME.test(name))
    throw new SignalboxError(
      'InvalidSignal',
      `${JSON.stringify(name)} cannot name a signal. Use parts joined by dots, such as 'payment.completed', of at most 200 characters.`,
    );
  checkOptions(options, OPTIONS, `Signal ${name}`, { code: 'InvalidSignal' });
  const { version = 1, maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES, upcast } = options;
  const fault = findSchemaFault(schema);
  if (fault) throw new SignalboxError('SchemaNotEncodable', `Signal ${name}: at ${fault.path}, ${fault.reason}.`);
  return new DefinedSignal(name, schema, version, maxPayloadBytes, upcast);
}

/** The signals that {@link defineSignals} makes: one for each key. */
export type Signals<Namespace extends string, Definitions extends SignalDefinitions> = {
  readonly [Key in keyof Definitions & string]: Signal<
    `${Namespace}.${Key}`,
    Definitions[Key] extends { readonly schema: infer Schema extends ZodType }
      ? Schema
      : Definitions[Key] extends ZodType
        ? Definitions[Key]
        : never
  >;
};

/** By the last part of their names: a schema, or a schema with options. */
export type SignalDefinitions = Readonly<Record<string, ZodType | ({ readonly schema: ZodType } & SignalOptions)>>;

/** Each upcast returns what its own schema stores. */
type UpcastsFit<Definitions> = {
  readonly [Key in keyof Definitions]: Definitions[Key] extends { readonly schema: infer Schema extends ZodType }
    ? { readonly upcast?: Upcast<Schema> }
    : unknown;
};

/**
 * Defines the signals of a module: `completed` in the namespace `payment` is the signal `payment.completed`.
 * @throws SignalboxError `InvalidSignal`, `SchemaNotEncodable`
 * @example
 * export const payment = defineSignals('payment', {
 *   completed: z.object({ paymentId: z.number().int() }),
 *   refunded: { schema: z.object({ paymentId: z.number().int() }), version: 2 },
 * });
 */
export function defineSignals<const Namespace extends string, const Definitions extends SignalDefinitions>(
  namespace: Namespace,
  definitions: Definitions & UpcastsFit<Definitions>,
): Signals<Namespace, Definitions> {
  if (typeof namespace !== 'string' || !NAME.test(namespace))
    throw new SignalboxError('InvalidSignal', `${show(namespace)} cannot be the namespace of signals. Use a text such as 'payment'.`);
  checkValue(definitions, DEFINITIONS, `Signals of ${namespace}`, 'what defines them');
  const signals = Object.entries<SignalDefinitions[string]>(definitions).map(([key, definition]) => {
    const { schema, ...options } = isOptions(definition) ? definition : { schema: definition };
    return [key, defineSignal(`${namespace}.${key}`, schema, options)] as const;
  });
  return Object.freeze(Object.fromEntries(signals)) as unknown as Signals<Namespace, Definitions>;
}

/** Recognised by its members: another copy of the package may have made the signal. */
export function isSignal(value: unknown): value is Signal {
  const { name, schema } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Signal>;
  return typeof name === 'string' && typeof schema === 'object' && '_zod' in schema;
}

/** A signal, or the name of one: where a signal is only looked up. */
export const signalOrName: Rule = {
  wants: 'a signal or the name of one',
  accepts: (value) => isSignal(value) || (typeof value === 'string' && value !== ''),
};

export const nameOfSignal = (signal: Signal | string): string => (typeof signal === 'string' ? signal : signal.name);

function isOptions(definition: SignalDefinitions[string] | undefined): definition is { readonly schema: ZodType } & SignalOptions {
  return typeof definition === 'object' && definition !== null && !('_zod' in definition);
}

class DefinedSignal<Name extends string, Schema extends ZodType> implements Signal<Name, Schema> {
  readonly name: Name;
  readonly schema: Schema;
  readonly version: number;
  readonly maxPayloadBytes: number;
  readonly upcast: Upcast<Schema> | undefined;
  declare readonly $payload: Received<Schema>;

  constructor(name: Name, schema: Schema, version: number, maxPayloadBytes: number, upcast: Upcast<Schema> | undefined) {
    this.name = name;
    this.schema = schema;
    this.version = version;
    this.maxPayloadBytes = maxPayloadBytes;
    this.upcast = upcast;
    Object.freeze(this);
  }

  async emit(handle: object, payload: Emitted<Schema>, options: EmitOptions = {}): Promise<void> {
    checkOptions(options, LOCAL_EMIT_OPTIONS, `${this.name}.emit`);
    return this.#dispatcher(handle).emit(this, handle, payload, options);
  }

  async emitRobust(handle: object, payload: Emitted<Schema>, options: EmitOptions = {}): Promise<ReceiverResult[]> {
    checkOptions(options, LOCAL_EMIT_OPTIONS, `${this.name}.emitRobust`);
    return this.#dispatcher(handle).emitRobust(this, handle, payload, options);
  }

  emitReliable(handle: object, payload: Emitted<Schema>, options: EmitOptions = {}): Promise<EmissionReceipt> {
    return rejecting(() => {
      checkOptions(options, RELIABLE_EMIT_OPTIONS, `${this.name}.emitReliable`);
      return this.#dispatcher(handle).emitReliable(this, handle, payload, options);
    });
  }

  emitMany(handle: object, payloads: readonly Emitted<Schema>[], options: EmitOptions = {}): Promise<EmissionReceipt[]> {
    return rejecting(() => {
      checkOptions(options, RELIABLE_EMIT_OPTIONS, `${this.name}.emitMany`);
      checkValue(payloads, PAYLOADS, `${this.name}.emitMany`, 'what it was given');
      return this.#dispatcher(handle).emitMany(this, handle, payloads, options);
    });
  }

  #dispatcher(handle: object): Dispatcher {
    return dispatcherFor(handle, this.name);
  }
}

/**
 * Turns an error that `start` throws into a rejection. An async function would do so too, but would lose the very
 * promise that the dispatcher returns, which knows whether it is awaited (transaction/observed-promise.ts).
 */
function rejecting<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}
