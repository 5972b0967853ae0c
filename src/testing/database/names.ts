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

const TEMPLATE = /^signalbox_template_[0-9a-f]{24}$/;
const NOTE = /^A template of signalbox\/testing, last used at (\d{10})$/;
/** The last use is written down once in this time. */
const NOTED_SECONDS = 86_400;
/** A template that was not used for so long is dropped. */
const UNUSED_SECONDS = 7 * NOTED_SECONDS;

/** The comment of a template: when it was last used, by the clock of its server. */
export const noteOfUse = (atSeconds: number): string => `A template of signalbox/testing, last used at ${atSeconds}`;

/** A database, with its comment and the time of its server. */
export interface NotedDatabase {
  readonly name: string;
  readonly note: string | null;
  readonly now: number;
}

/** Whether a use that begins now is to be written down. */
export const isNoteOld = ({ note, now }: NotedDatabase): boolean => now - (usedAt(note) ?? 0) > NOTED_SECONDS;

/** Whether it is a template that has long been out of use. Without a readable comment it is none that this version has made. */
export function isUnused({ name, note, now }: NotedDatabase): boolean {
  const used = usedAt(note);
  return TEMPLATE.test(name) && used !== undefined && now - used > UNUSED_SECONDS;
}

function usedAt(note: string | null): number | undefined {
  const seconds = NOTE.exec(note ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
