// Runs a transaction again that another one was in the way of: at once, in the same claim, without a write in between. Two
// that keep meeting draw apart by pauses that grow, at random. After some times it is left to its delivery.
import { setTimeout as pause } from 'node:timers/promises';
import type { Conflict, Execution } from './execution.ts';

/** Runs in all. */
const MOST_TIMES = 6;
/** The pause after the first run is up to this long; each further one up to twice as long. */
const FIRST_PAUSE_MS = 8;

/** @param once runs it; `isFirst` on the connection that was meant for it, later on any */
export async function despiteConflicts<T extends Execution | Conflict>(
  once: (isFirst: boolean) => Promise<T>,
): Promise<Exclude<T, Conflict> | Execution> {
  for (let times = 1; ; times++) {
    const execution = await once(times === 1);
    if (execution.kind !== 'conflict') return execution as Exclude<T, Conflict>;
    if (times === MOST_TIMES) return execution.atLast;
    await pause(Math.random() * FIRST_PAUSE_MS * 2 ** times);
  }
}
