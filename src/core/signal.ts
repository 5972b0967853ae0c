// The interface of a signal for its users, and the types of its payloads. define-signal.ts makes signals.
import type { input, output, ZodType } from 'zod';
import type { EmissionReceipt, EmitManyOptions, EmitOptions, ReceiverResult } from './dispatcher.ts';
import type { DatabaseHandle, ReliableHandle, TransactionHandle } from './handles.ts';
import type { Rule } from './options.ts';

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
  /** Converts payloads of older versions, if they differ. */
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
   *   `DedupeConflict`, `BoxNotFound`
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
  emitMany(
    handle: ReliableHandle,
    payloads: readonly Emitted<Schema>[],
    options?: EmitManyOptions<Emitted<Schema>>,
  ): Promise<EmissionReceipt[]>;
}

/** The payload that a receiver of signal `S` gets: the output type of its schema. The same as `typeof signal.$payload`. */
export type PayloadOf<S extends Signal> = Received<S['schema']>;

/**
 * The payload that an emit of signal `S` takes: the value that its schema can encode. For a Zod schema this is its output type, as
 * for receivers, because codecs turn a `Date` into the text that is stored and back. It has a name of its own for schemas that
 * only validate: of these, an emit is to take the input type.
 */
export type EmittedBy<S extends Signal> = Emitted<S['schema']>;

export type Received<Schema extends ZodType> = output<Schema>;
export type Emitted<Schema extends ZodType> = output<Schema>;

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
