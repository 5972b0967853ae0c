// The last hour of a box, or of one of its receivers, as the steps of charts: of the tallies alone.
import { HOUR_MS } from '../core/duration.ts';
import { quantileOf } from '../core/tally.ts';
import type { RunTally } from '../operate/tallies.ts';
import type { LatencyStep } from './charts/latency.ts';
import type { OutcomeStep } from './charts/throughput.ts';
import type { OperatedBox } from './route.ts';
import { WRITE_EVERY_MS } from '../tallies/tallies.ts';

export interface History {
  readonly stepSeconds: number;
  readonly outcomes: readonly OutcomeStep[];
  /** How long the runs took. */
  readonly run: readonly LatencyStep[];
  /** How long their deliveries had been due when they began. */
  readonly lag: readonly LatencyStep[];
}

export async function readHistory({ tallies }: OperatedBox, receiver?: string, now = Date.now()): Promise<History> {
  const of = receiver === undefined ? { by: 'all' as const } : { receiver, by: 'all' as const };
  const found = await tallies.runs({ from: new Date(now - HOUR_MS), to: new Date(now), step: '1m', ...of });
  return historyOf(found.tallies, found.stepMs, now);
}

/** A step for each minute, also for those in which nothing ended. */
export function historyOf(runs: readonly RunTally[], stepMs: number, now: number): History {
  const last = Math.floor(now / stepMs) * stepMs;
  const times = Array.from(
    { length: Math.ceil(HOUR_MS / stepMs) },
    (_, index) => last - (Math.ceil(HOUR_MS / stepMs) - 1 - index) * stepMs,
  );
  const steps = times.map((time) => ({ at: new Date(time), runs: runs.filter(({ at }) => at.getTime() === time) }));
  const count = (of: readonly RunTally[], outcome: RunTally['outcome']): number =>
    of.filter((run) => run.outcome === outcome).reduce((sum, { n }) => sum + n, 0);
  return {
    stepSeconds: stepMs / 1_000,
    outcomes: steps.map((step) => ({
      at: step.at,
      unfinished: now < step.at.getTime() + stepMs + WRITE_EVERY_MS,
      completed: count(step.runs, 'completed'),
      retrying: count(step.runs, 'retrying'),
      dead: count(step.runs, 'dead'),
    })),
    run: steps.map((step) =>
      percentilesOf(
        step.at,
        step.runs.map(({ buckets }) => buckets),
      ),
    ),
    lag: steps.map((step) =>
      percentilesOf(
        step.at,
        step.runs.map(({ lagBuckets }) => lagBuckets),
      ),
    ),
  };
}

function percentilesOf(at: Date, all: readonly (readonly number[])[]): LatencyStep {
  const length = Math.max(0, ...all.map((buckets) => buckets.length));
  const buckets = Array.from({ length }, (_, index) => all.reduce((sum, each) => sum + (each[index] ?? 0), 0));
  return { at, p50: quantileOf(buckets, 0.5), p95: quantileOf(buckets, 0.95), p99: quantileOf(buckets, 0.99) };
}
