// Durations at the public edge: '30s' or milliseconds in, milliseconds out.
import { SignalboxError } from '../errors.ts';

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`. Ten years at most. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_MS = 10 * 365 * UNIT_MS.d;

/**
 * Milliseconds of a duration, a whole number from 0 to ten years.
 * @throws SignalboxError `InvalidOption`, naming `option`
 */
export function toMs(duration: Duration, option: string): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : undefined;
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : duration;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0 || ms > LONGEST_MS)
    throw new SignalboxError(
      'InvalidOption',
      `${option} is ${typeof duration === 'object' || typeof duration === 'string' ? JSON.stringify(duration) : String(duration)}, which is no duration. Give milliseconds or a text such as '30s', '5m' or '2h'.`,
    );
  return Math.round(ms);
}
