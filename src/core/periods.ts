// Time in periods, and the ids of emissions as times: a UUID of version 7 begins with its milliseconds since 1970. Pure.
import { DAY_MS } from './duration.ts';

/** The length of a partition. Weeks begin on Monday; all begin at midnight, UTC. */
export type Every = 'day' | 'week' | 'month';

export const EVERY: readonly Every[] = ['day', 'week', 'month'];

export interface Period {
  /** The day on which it begins: `20261130`. */
  readonly name: string;
  readonly fromMs: number;
  /** The next one begins here. */
  readonly toMs: number;
}

/** 1970 began on a Thursday. */
const MONDAY_MS = -3 * DAY_MS;

/** The period in which a time is. */
export function periodAt(ms: number, every: Every): Period {
  const fromMs = startOf(ms, every);
  const at = new Date(fromMs);
  const toMs = every === 'month' ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1) : fromMs + (every === 'week' ? 7 : 1) * DAY_MS;
  return { name: at.toISOString().slice(0, 10).replaceAll('-', ''), fromMs, toMs };
}

function startOf(ms: number, every: Every): number {
  const at = new Date(ms);
  switch (every) {
    case 'day':
      return Math.floor(ms / DAY_MS) * DAY_MS;
    case 'week':
      return Math.floor((ms - MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY_MS;
    case 'month':
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
    default:
      return every satisfies never;
  }
}

/** So many periods from that of a time on. */
export function periodsFrom(ms: number, every: Every, count: number): Period[] {
  const periods: Period[] = [];
  for (let at = ms; periods.length < count; at = periods.at(-1)!.toMs) periods.push(periodAt(at, every));
  return periods;
}

/** The least id that an emission of this millisecond can have. */
export function firstIdAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The millisecond of an id. */
export const timeOfId = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
