// Durations at the public edge: '30s' or milliseconds in, milliseconds out.
import { SignalboxError } from '../errors.ts';
import { show } from './options.ts';

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`. Ten years at most. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const UNIT_MS = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const LONGEST_MS = 10 * 365 * DAY_MS;

/**
 * Milliseconds of a duration, a whole number from 0 to ten years.
 * @throws SignalboxError `InvalidOption`, naming `option`
 */
export function toMs(duration: Duration, option: string): number {
  const ms = msOf(duration);
  if (ms === undefined)
    throw new SignalboxError(
      'InvalidOption',
      `${option} is ${show(duration)}, which is no duration. Give milliseconds or a text such as '30s', '5m' or '2h'.`,
    );
  return ms;
}

/** As {@link toMs}, but `undefined` for a value that is no duration. */
export function msOf(duration: unknown): number | undefined {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : undefined;
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : duration;
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 && ms <= LONGEST_MS ? Math.round(ms) : undefined;
}
