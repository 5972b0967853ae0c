// Reads times from the recorded changes: the time from a fault until each delivery that it hit was claimed again, and
// the rescues without a reason. Pure.
import type { Change } from '../evidence/evidence.ts';
import type { Span } from './child.ts';
import type { FaultKind } from './faults.ts';
import { historiesOf } from '../evidence/history.ts';

export interface Struck {
  readonly kind: FaultKind;
  readonly at: number;
  readonly pids: readonly number[];
}

export interface Recovery {
  readonly kind: FaultKind;
  /** Whether the process that had the delivery was behind the pooler, where a free lock means nothing. */
  readonly isPooled: boolean;
  /** Whether too many of its workers died, so that it waits for a worker that runs it alone. */
  readonly isSuspect: boolean;
  /** Milliseconds from the fault until the delivery was ready again, and until a worker claimed it. */
  readonly readyMs: number;
  readonly claimedMs: number;
}

const SUSPECT_CRASHES = 2;

/** The recovery of each delivery that a process in danger held and did not finish by itself. */
export function recoveriesOf(
  changes: readonly Change[],
  faults: readonly Struck[],
  pids: ReadonlyMap<number, number>,
  isPooled: (pid: number) => boolean,
  away: readonly Span[],
): Recovery[] {
  const recoveries: Recovery[] = [];
  for (const steps of historiesOf(changes).values())
    for (const [index, { change, transition }] of steps.entries()) {
      const next = steps[index + 1];
      if (transition !== 'claim' || (next?.transition !== 'rescue' && next?.transition !== 'release')) continue;
      const again = steps.slice(index + 1).find((step) => step.transition === 'claim');
      if (!again) continue;
      const pid = pids.get(change.workerId!)!;
      // The last one before the release of the delivery is the reason for that release.
      const fault = faults.findLast((one) => one.at >= change.at && one.at <= next.change.at && one.pids.includes(pid));
      // While the database is down, no worker can recover anything.
      if (!fault || (fault.kind !== 'postgres' && away.some(({ from, until }) => from <= next.change.at && until >= fault.at))) continue;
      const isSuspect = next.change.crashes >= SUSPECT_CRASHES;
      const [readyMs, claimedMs] = [next.change.at - fault.at, again.change.at - fault.at];
      recoveries.push({ kind: fault.kind, isPooled: isPooled(pid), isSuspect, readyMs, claimedMs });
    }
  return recoveries;
}

/** The life of a process, in milliseconds of the epoch. */
export interface Lifetime {
  readonly pid: number;
  /** When it was killed, asked to end or gone; the earliest of these. */
  readonly until: number;
  /** When it could not renew: it was frozen, or the database was down. */
  readonly excused: readonly { readonly from: number; readonly until: number }[];
}

/** Rescues from workers that were alive and could have renewed their lease. */
export function falseRescuesOf(
  changes: readonly Change[],
  lifetimes: readonly Lifetime[],
  pids: ReadonlyMap<number, number>,
  leaseMs: number,
): Change[] {
  const byPid = new Map(lifetimes.map((lifetime) => [lifetime.pid, lifetime]));
  return [...historiesOf(changes).values()]
    .flat()
    .filter(({ transition, change }) => {
      const lifetime = byPid.get(pids.get(change.heldBy ?? 0) ?? 0);
      if (transition !== 'rescue' || !lifetime || lifetime.until <= change.at) return false;
      return !lifetime.excused.some(({ from, until }) => from <= change.at && until >= change.at - 2 * leaseMs);
    })
    .map(({ change }) => change);
}

/** The value below which the given share of the numbers lies. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
