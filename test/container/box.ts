// A box for tests that need no database: its pool has an unreachable address, and connects only when it is used.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type Signalbox, type SignalboxOptions } from '../../src/index.ts';

export function openBox(options: Omit<SignalboxOptions, 'db'> = {}): Signalbox {
  return createSignalbox({ log: false, ...options, db: drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') }) });
}

/** Returns the error that `work` throws. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
