// Compares the tallies of a run with the deliveries that its processes settled. Pure.
//
// A process counts a run after the commit of its end, and writes its counts every ten seconds. So it never counts an end that is not there. When
// it ends after the faults, all is written. A process that ends earlier, killed or with the database away, may lose what it has counted
// since its last write: the recorded time of an end is when its row was written, in a transaction that may last as long as a receiver may.
//
// The race: a settlement takes effect, its answer is lost, and the process asks. It then learns of a completion. A death or a cancellation it
// cannot tell from that by another worker, so it counts a stale run: no more of them may lack than there are stale runs.
import { WRITE_EVERY_MS } from '../../src/tallies/tallies.ts';
import type { Violation } from '../evidence/checker.ts';
import type { Change } from '../evidence/evidence.ts';
import { grouped, historiesOf } from '../evidence/history.ts';
import type { Span } from './child.ts';

/** The counts of one worker. */
export interface Tallied {
  readonly workerId: number;
  readonly outcome: string;
  readonly n: number;
}

/** The end of a worker's process. */
export interface Ending {
  readonly pid: number;
  readonly label: string;
  /** Milliseconds of the epoch. */
  readonly at: number;
  /** It was asked to end when no faults were left, and did so. */
  readonly isSound: boolean;
  /** When it could write nothing: it was frozen, or had no way to the database. */
  readonly away: readonly Span[];
  /** When a write failed. */
  readonly failedWrites: readonly number[];
}

export interface TalliedRun {
  readonly changes: readonly Change[];
  /** The process of each worker. */
  readonly pids: ReadonlyMap<number, number>;
  readonly tallies: readonly Tallied[];
  readonly endings: readonly Ending[];
}

export interface TallyVerdict {
  readonly violations: readonly Violation[];
  readonly settled: number;
  readonly counted: number;
  /** Ends that are not counted, of processes that were killed or ended amid the faults, and the age of the oldest at the end of its process. */
  readonly lost: number;
  readonly oldestLostMs: number;
}

/** As long as a receiver may take (12 s), and a busy machine. */
const LONGEST_RUN_MS = 15_000;

const OUTCOMES = ['completed', 'dead', 'cancelled'] as const;

export function checkTallies({ changes, pids, tallies, endings }: TalliedRun): TallyVerdict {
  const violations: Violation[] = [];
  const steps = [...historiesOf(changes).values()].flat();
  const ends = steps.flatMap(({ change, transition }) => (transition === 'end' ? [change] : []));
  const settled = grouped(ends, ({ heldBy, to }) => `${pids.get(heldBy ?? 0)} ${to}`);
  const counted = (pid: number, outcome: string): number =>
    tallies.reduce((sum, each) => sum + (pids.get(each.workerId) === pid && each.outcome === outcome ? each.n : 0), 0);
  /** The worker that gives a delivery up counts its death, and the recorded change does not name it. */
  let givenUp = steps.filter(({ transition }) => transition === 'give up').length;
  let [lost, oldestLostMs] = [0, 0];
  for (const ending of endings) {
    let stale = counted(ending.pid, 'stale');
    for (const outcome of OUTCOMES) {
      const own = (settled.get(`${ending.pid} ${outcome}`) ?? []).map(({ at }) => at).toSorted((a, b) => b - a);
      const n = counted(ending.pid, outcome);
      const text = `${ending.label}, process ${ending.pid}, ended ${own.length} deliveries as ${outcome}, and its tallies have ${n}`;
      if (outcome === 'dead') givenUp -= Math.max(0, n - own.length);
      if (n > own.length && (outcome !== 'dead' || givenUp < 0)) violations.push({ kind: 'overcounted', text });
      let missing = own.length - n;
      if (missing <= 0) continue;
      if (outcome !== 'completed') {
        const doubtful = Math.min(stale, missing);
        stale -= doubtful;
        missing -= doubtful;
      }
      if (missing === 0) continue;
      if (ending.isSound) {
        violations.push({ kind: 'uncounted', text: `${text}; it ended in order, after the faults` });
        continue;
      }
      // The latest are missing: what was counted earlier was written earlier.
      const age = ending.at - own[missing - 1]!;
      lost += missing;
      oldestLostMs = Math.max(oldestLostMs, age);
      const allowed = allowedMs(ending, own[missing - 1]!);
      if (age > allowed)
        violations.push({
          kind: 'uncounted',
          text: `${text}; the oldest that lacks is of ${age} ms before its end, of ${allowed} allowed`,
        });
    }
  }
  const total = tallies.reduce((sum, { outcome, n }) => sum + (OUTCOMES.some((each) => each === outcome) ? n : 0), 0);
  return { violations, settled: ends.length, counted: total, lost, oldestLostMs };
}

/** The age that what is lost may have: one interval, another for each write that failed, and the time in which it could not write. */
function allowedMs({ at, away, failedWrites }: Ending, since: number): number {
  const failed = failedWrites.filter((time) => time >= since).length;
  const awayMs = away.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, at) - Math.max(from, since)), 0);
  return LONGEST_RUN_MS + (1 + failed) * WRITE_EVERY_MS + awayMs;
}
