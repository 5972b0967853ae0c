// Times as the command line reads and prints them.
import { msOf } from '../core/duration.ts';
import { UsageError } from './usage-error.ts';

/** A time in ISO 8601, or how long ago it was: `2h`, `7d`. A time without a zone is in UTC, as {@link told} prints it. @throws UsageError */
export function parseTime(option: string, text: string, now = Date.now()): Date {
  const ago = msOf(text);
  if (ago !== undefined) return new Date(now - ago);
  const [, day, time = 'T00:00', zone = 'Z'] = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const at = new Date(`${day}${time}${zone}`);
  if (!Number.isNaN(at.getTime())) return at;
  throw new UsageError(`${option} is ${JSON.stringify(text)}; give how long ago, as 30m, 2h or 7d, or a time, as 2026-03-01T14:00Z.`);
}

/** `2026-03-01 14:00:05Z`: in UTC, as the logs of servers. */
export const told = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')}Z`;

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A length of time in its two largest units: `3d 4h`, `12s`. */
export function span(ms: number): string {
  const first = UNITS.findIndex(([, unit]) => ms >= unit);
  if (first < 0) return '0s';
  const parts: string[] = [];
  let rest = ms;
  for (const [name, unit] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count}${name}`);
  }
  return parts.join(' ');
}

/** `3d 4h ago`, `in 12s`. */
export function relative(at: Date, now = Date.now()): string {
  const ms = now - at.getTime();
  if (Math.abs(ms) < 1_000) return 'now';
  return ms > 0 ? `${span(ms)} ago` : `in ${span(-ms)}`;
}
