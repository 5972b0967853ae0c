// Who acts, for the audit: `--as`, or the user of the operating system and the machine.
import os from 'node:os';
import { actor as rule } from '../operate/audit.ts';
import { UsageError } from './usage-error.ts';

/** What the audit takes. */
const MOST = 200;

/** @param as `--as` */
export function actor(as: string | undefined): string {
  // A name that the system has and the audit does not take is cut, not refused.
  return as ?? `${userName()}@${os.hostname()}`.replace(/\p{C}/gu, '').slice(0, MOST);
}

/** The value of `--as`. @throws UsageError for one that the audit does not take */
export function parseActor(text: string): string {
  if (rule.accepts(text)) return text;
  throw new UsageError(`--as is ${JSON.stringify(text.slice(0, 60))}; give ${rule.wants}.`);
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container may run a user id that has no name.
    return process.getuid === undefined ? 'unknown' : `uid ${process.getuid()}`;
  }
}
