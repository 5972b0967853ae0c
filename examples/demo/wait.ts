// Polls until a condition holds, and names the condition if it does not hold in time.
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;
const LIMIT_MS = 60_000;

/** Returns the first result of `look` that is not `undefined` or `false`. @throws after a minute */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${LIMIT_MS / 1_000} s in vain: ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}
