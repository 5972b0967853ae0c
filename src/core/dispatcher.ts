// The port between a signal and its box, and how a signal finds it: through the `dialect` object of the handle, which
// Drizzle shares between a database and all of its transactions. So several boxes live side by side in one process.
import { SignalboxError } from '../errors.ts';
import type { Duration } from './duration.ts';
import type { Signal } from './signal.ts';

export interface EmitOptions {
  /** Kept with the emission and handed to the receivers: ids of traces, requests, users. 16 KiB of JSON at most. */
  headers?: Readonly<Record<string, string>>;
  /** Not before this time. */
  runAt?: Date;
  /** Not before this much time has passed since the emit. */
  delay?: Duration;
  /**
   * A whole number from 0 (the default) to 100. Higher runs sooner among the due deliveries of a receiver: each step
   * puts it ahead of all that became due in the hour before. Not together with `runAt` or `delay`.
   */
  priority?: number;
}

/** What a reliable emit stored. */
export interface EmissionReceipt {
  /** UUID (version 7) of the emission. */
  readonly id: string;
  /** Number of deliveries made, one for each receiver; 0 if there is none (the emission is kept). */
  readonly deliveries: number;
}

/** What one receiver did during {@link Dispatcher.emitRobust}. */
export type ReceiverResult =
  | { readonly receiver: string; readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly receiver: string; readonly status: 'rejected'; readonly reason: unknown };

/** The side of a box that signals talk to. */
export interface Dispatcher {
  emit(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<void>;
  emitRobust(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<ReceiverResult[]>;
  emitReliable(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<EmissionReceipt>;
  emitMany(signal: Signal, handle: object, payloads: readonly unknown[], options: EmitOptions): Promise<EmissionReceipt[]>;
}

const dispatchers = new WeakMap<object, Dispatcher>();

/** Lets signals find `dispatcher` through every handle that shares `dialect`. Returns the undo. */
export function attachDispatcher(dialect: object, dispatcher: Dispatcher): () => void {
  dispatchers.set(dialect, dispatcher);
  return () => {
    if (dispatchers.get(dialect) === dispatcher) dispatchers.delete(dialect);
  };
}

/** @throws SignalboxError `BoxNotFound` */
export function dispatcherFor(handle: object, signalName: string): Dispatcher {
  const dialect: unknown = typeof handle === 'object' && handle !== null && 'dialect' in handle ? handle.dialect : undefined;
  const dispatcher = typeof dialect === 'object' && dialect !== null ? dispatchers.get(dialect) : undefined;
  if (!dispatcher)
    throw new SignalboxError(
      'BoxNotFound',
      `${signalName} was emitted on an object that belongs to no open box. Emit on the database that createSignalbox({ db }) was given, or on one of its transactions.`,
    );
  return dispatcher;
}
