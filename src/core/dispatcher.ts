// The port between a signal and its box, and how a signal finds it: through the `dialect` object of the handle, which
// Drizzle shares between a database and all of its transactions. So several boxes live side by side in one process.
import { SignalboxError } from '../errors.ts';
import { FORMAT, incompatible } from './copies.ts';
import type { Duration } from './duration.ts';
import type { OptionTable } from './options.ts';
import { callable, date, dedupeKey, duration, object } from './rules.ts';
import type { Signal } from './signal.ts';

/** Options of an emit. */
export interface EmitOptions {
  /** Kept with the emission and passed to the receivers: ids of traces, requests, users. 16 KiB of JSON at most. */
  headers?: Readonly<Record<string, string>>;
  /**
   * The deliveries do not run before this time, from the years 1970 to 9999. Only with reliable emits, and not together
   * with `delay` or `headStart`. Default: at once.
   */
  runAt?: Date;
  /**
   * The deliveries do not run before this much time has passed since the emit. Only with reliable emits, and not
   * together with `runAt` or `headStart`.
   */
  delay?: Duration;
  /**
   * The time by which the deliveries are moved ahead among the due ones of their receivers, up to `'100h'`: with `'2h'`
   * they run before all that became due in the two hours before. Only with reliable emits, and not together with
   * `runAt` or `delay`. Default 0.
   */
  headStart?: Duration;
  /**
   * The emit stores nothing if an emit of this signal with the same key has stored something `within` this time: 1 to 500 characters
   * without control characters. It waits for one that is not committed yet, and returns its receipt, as a duplicate. Only with reliable
   * emits. Default: each emit stores.
   */
  dedupeKey?: string;
  /** How long an emission keeps its `dedupeKey` from others, from its emit, 1 ms to 3650 days. Default `'24h'`. */
  within?: Duration;
}

/** Options of an emit of many payloads. */
export interface EmitManyOptions<Payload = never> extends Omit<EmitOptions, 'dedupeKey'> {
  /** Returns the {@link EmitOptions.dedupeKey} of each payload. Of payloads with equal keys the first is stored. */
  dedupeKey?: (payload: Payload) => string;
}

export const RELIABLE_EMIT_OPTIONS: OptionTable<EmitOptions> = {
  headers: object('an object of texts'),
  runAt: date,
  delay: duration(),
  headStart: duration({ most: '100h' }),
  dedupeKey,
  within: duration({ least: '1ms' }),
};

export const EMIT_MANY_OPTIONS: OptionTable<EmitManyOptions> = {
  ...RELIABLE_EMIT_OPTIONS,
  dedupeKey: { ...callable, wants: 'a function that returns the key of a payload' },
};

/** The options of an emit that stores nothing, and so cannot wait. */
export const LOCAL_EMIT_OPTIONS: OptionTable<Pick<EmitOptions, 'headers'>> = { headers: RELIABLE_EMIT_OPTIONS.headers };

/** The result of a reliable emit. */
export interface EmissionReceipt {
  /** UUID (version 7). */
  readonly emissionId: string;
  /** Number of deliveries made, one for each receiver; 0 if there is none (the emission is kept). */
  readonly deliveries: number;
  /** There if this emit stored nothing, because an earlier one has its `dedupeKey`, whose receipt this is. */
  readonly duplicate?: true;
}

/**
 * The result of one receiver in an `emitRobust`, under its stored name: the value that it returned, or the error that
 * it threw.
 */
export type ReceiverResult =
  | { readonly receiver: string; readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly receiver: string; readonly status: 'rejected'; readonly reason: unknown };

/** The part of a box that signals call. */
export interface Dispatcher {
  emit(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<void>;
  emitRobust(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<ReceiverResult[]>;
  emitReliable(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<EmissionReceipt>;
  emitMany(signal: Signal, handle: object, payloads: readonly unknown[], options: EmitManyOptions): Promise<EmissionReceipt[]>;
}

/** Under a registered symbol: a signal and its box may come from two copies of the package. */
const DISPATCHER = Symbol.for('signalbox.dispatcher');

interface Attached {
  /** Without a dispatcher: the box of this dialect was closed. */
  [DISPATCHER]?: { readonly format: number; readonly dispatcher?: Dispatcher };
}

/** Lets signals find `dispatcher` through every handle that shares `dialect`. Returns a function that undoes it. */
export function attachDispatcher(dialect: Attached, dispatcher: Dispatcher): () => void {
  const put = (value: Attached[typeof DISPATCHER]): void => void Object.defineProperty(dialect, DISPATCHER, { value, configurable: true });
  put({ format: FORMAT, dispatcher });
  return () => {
    if (dialect[DISPATCHER]?.dispatcher === dispatcher) put({ format: FORMAT });
  };
}

/** @throws SignalboxError `BoxNotFound`, `BoxClosed`, `IncompatibleCopy` */
export function dispatcherFor(handle: object, signalName: string): Dispatcher {
  const dialect: unknown = typeof handle === 'object' && handle !== null && 'dialect' in handle ? handle.dialect : undefined;
  if (typeof dialect !== 'object' || dialect === null)
    throw new SignalboxError(
      'BoxNotFound',
      `${signalName} was emitted on ${kindOf(handle)}, which is no Drizzle database. The first argument must be tx, the transaction of the database that createSignalbox({ db }) was given; the payload is the second.`,
    );
  const attached = (dialect as Attached)[DISPATCHER];
  if (!attached)
    throw new SignalboxError(
      'BoxNotFound',
      `${signalName} was emitted on a database of which this process has no open box. Import the file that calls createSignalbox; if it is imported, emit on the very database object that it was given, or on one of its transactions.`,
    );
  if (attached.format !== FORMAT) throw incompatible(`The box on which ${signalName} was emitted`);
  if (!attached.dispatcher)
    throw new SignalboxError(
      'BoxClosed',
      `${signalName} was emitted on a database whose box was closed. Close the box after the last emit, or make another one with createSignalbox({ db }).`,
    );
  return attached.dispatcher;
}

function kindOf(handle: unknown): string {
  if (typeof handle !== 'object' || handle === null) return handle === undefined || handle === null ? String(handle) : `a ${typeof handle}`;
  return Array.isArray(handle) ? 'a list' : `an object with ${Object.keys(handle).slice(0, 3).join(', ') || 'no members'}`;
}
