// Defines signals. A signal knows no database: each emit finds its box through the handle that it is given (core/dispatcher.ts).
import type { ZodType } from 'zod';
import { SignalboxError } from '../errors.ts';
import {
  type Dispatcher,
  dispatcherFor,
  EMIT_MANY_OPTIONS,
  type EmissionReceipt,
  type EmitManyOptions,
  type EmitOptions,
  LOCAL_EMIT_OPTIONS,
  type ReceiverResult,
  RELIABLE_EMIT_OPTIONS,
} from './dispatcher.ts';
import { checkOptions, checkValue, type OptionTable, show } from './options.ts';
import { callable, listOf, object, whole } from './rules.ts';
import { findSchemaFault } from './schema-check.ts';
import type { Emitted, Received, Signal, SignalOptions, Upcast } from './signal.ts';

/** Bytes of JSON that a payload may have unless its signal says otherwise: 256 KiB. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/**
 * The largest limit of a signal: 1 MiB. A payload is an event, not a document: store large data apart and send its id.
 */
export const MOST_PAYLOAD_BYTES = 1024 * 1024;

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
  checkValue(definitions, DEFINITIONS, `Signals of ${namespace}`, 'their definition');
  const signals = Object.entries<SignalDefinitions[string]>(definitions).map(([key, definition]) => {
    const { schema, ...options } = isOptions(definition) ? definition : { schema: definition };
    return [key, defineSignal(`${namespace}.${key}`, schema, options)] as const;
  });
  return Object.freeze(Object.fromEntries(signals)) as unknown as Signals<Namespace, Definitions>;
}

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

  emitMany(
    handle: object,
    payloads: readonly Emitted<Schema>[],
    options: EmitManyOptions<Emitted<Schema>> = {},
  ): Promise<EmissionReceipt[]> {
    return rejecting(() => {
      checkOptions(options, EMIT_MANY_OPTIONS, `${this.name}.emitMany`);
      checkValue(payloads, PAYLOADS, `${this.name}.emitMany`, 'its argument');
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
