// Working without a loop: tick() looks once, drain() until nothing is due. For tests, scripts and cron.
import { apart } from '../observe/async-context.ts';
import type { RunResult } from './run-result.ts';
import type { Runner } from './runner.ts';
import type { ClaimedDelivery } from '../store/store.ts';
import type { Visit } from './visit.ts';

/** How many deliveries ended in which way. */
export interface DrainResult {
  /** Their receivers returned. */
  readonly completed: number;
  /** Failed, and will run again later. */
  readonly retrying: number;
  /** Given up: the retry budget is spent, or the receiver threw `Unrecoverable`. */
  readonly dead: number;
  /** The receiver threw `Discard`. */
  readonly cancelled: number;
}

/** Claims once and runs what was claimed to its end, `free` calls of receivers at once. Returns the results. */
export async function runOnce(visit: Visit, runner: Runner, free: number, aheadMs = 0): Promise<RunResult[]> {
  const { claims } = visit;
  const groups = claims.groups(await visit.take(Math.max(free, claims.largestBatch), aheadMs));
  const results: RunResult[] = [];
  const heldBack: ClaimedDelivery[] = [];
  const run = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      if (claims.holdsBack(group[0]!)) heldBack.push(...group);
      else results.push(...(await apart(() => runner.run(group))));
    }
  };
  await Promise.all(Array.from({ length: Math.min(free, groups.length) }, run));
  await claims.giveBack(heldBack);
  return results;
}

/** Runs until nothing is due. */
export async function runAll(visit: Visit, runner: Runner, free: number, aheadMs: number): Promise<DrainResult> {
  const count = { completed: 0, retrying: 0, dead: 0, cancelled: 0 };
  for (;;) {
    const results = await runOnce(visit, runner, free, aheadMs);
    if (results.length === 0) return count;
    for (const { ended } of results) {
      if (ended === 'ready') count.retrying++;
      else if (ended === 'completed' || ended === 'dead' || ended === 'cancelled') count[ended]++;
    }
  }
}
