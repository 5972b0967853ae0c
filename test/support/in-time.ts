// Fails a test whose wait has no end, by an assertion and with what it waited for, before the test runs out of time.
import { setTimeout } from 'node:timers/promises';

/** Far beyond what any of these waits takes, also on a slow machine, and short of the limit of a test. */
const LIMIT_MS = 25_000;

/** The result of `work`. @throws Error if it has not settled in time */
export async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const ended = new AbortController();
  const late = setTimeout(LIMIT_MS, undefined, { signal: ended.signal, ref: false }).then(() => {
    throw new Error(`It did not come to its end: ${what}.`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
    late.catch(() => {});
  }
}
