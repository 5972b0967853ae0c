// Options that are lengths of time.
import { type Duration, msOf } from '../core/duration.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError */
export const parseDuration =
  (option: string) =>
  (text: string): Duration => {
    if (msOf(text) !== undefined && /[a-z]$/.test(text)) return text as Duration;
    throw new UsageError(`${option} is ${JSON.stringify(text)}; give a length of time, as 30s, 10m, 12h or 90d.`);
  };
