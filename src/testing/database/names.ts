// Decides the names of the databases of a test run, so that the run, or a later one, knows which to drop. Pure, except
// for the clock and the randomness of the two functions that make names.
import { randomBytes } from 'node:crypto';

const LEFTOVER_AGE_SECONDS = 3_600;

/** The prefix of one run's databases. Carries the time, so that later runs can tell the leftovers of a killed one. */
export function nameRun(): string {
  return `signalbox_test_${nowSeconds()}_${randomBytes(4).toString('hex')}`;
}

export function nameDatabase(run: string): string {
  return `${run}_${randomBytes(6).toString('hex')}`;
}

export function belongsToRun(database: string, run: string): boolean {
  return database.startsWith(`${run}_`);
}

/** The age at which a run counts as dead. */
export function isLeftover(database: string, atSeconds: number = nowSeconds()): boolean {
  const started = /^signalbox_test_(\d{10})_[0-9a-f]{8}_/.exec(database)?.[1];
  return started !== undefined && atSeconds - Number(started) > LEFTOVER_AGE_SECONDS;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
