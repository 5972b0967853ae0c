// Working without a loop: tick() looks once, drain() until nothing is due. For tests, scripts and cron.
import { apart } from '../observe/async-context.ts';
import type { RunResult } from './running/run-result.ts';
import type { Runner } from './running/runner.ts';
import type { ClaimedDelivery, ClaimRef } from '../store/deliveries/claim.ts';
import { VirtualTime } from './virtual-time.ts';
import type { Visit } from './temporary-worker.ts';

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
export async function runOnce(visit: Visit, runner: Runner, free: number): Promise<RunResult[]> {
  const claimed = await visit.take(most(visit, free));
  const results: RunResult[] = [];
  await runClaimed(visit, runner, claimed, free, (_delivery, result) => results.push(result));
  return results;
}

/** Runs until nothing is due. @param aheadMs also what is due within this time, by the time of `VirtualTime` */
export async function runAll(visit: Visit, runner: Runner, free: number, aheadMs: number): Promise<DrainResult> {
  const count = { completed: 0, retrying: 0, dead: 0, cancelled: 0 };
  const time = aheadMs > 0 ? new VirtualTime(visit.begunAtUs, aheadMs) : undefined;
  // Held to the end: released, they would be claimed again and again, before what is due.
  const early: ClaimRef[] = [];
  const onEnded = ({ id }: ClaimedDelivery, { ended, delayMs }: RunResult): void => {
    time?.ran(id, delayMs);
    if (ended === 'ready') count.retrying++;
    else if (ended === 'completed' || ended === 'dead' || ended === 'cancelled') count[ended]++;
  };
  try {
    for (;;) {
      const claimed = await visit.take(most(visit, free), aheadMs);
      if (claimed.length === 0) return count;
      await runClaimed(visit, runner, time ? dueOf(claimed, time, early) : claimed, free, onEnded);
    }
  } finally {
    await visit.claims.giveBack(early);
  }
}

/** The others are added to `early`. */
function dueOf(claimed: readonly ClaimedDelivery[], time: VirtualTime, early: ClaimRef[]): readonly ClaimedDelivery[] {
  return claimed.filter((delivery) => {
    const isDue = time.admits(delivery);
    // Not with its payload.
    if (!isDue) early.push({ id: delivery.id, epoch: delivery.epoch, workerId: delivery.workerId });
    return isDue;
  });
}

/** What one claim takes. */
const most = ({ claims }: Visit, free: number): number => Math.max(free, claims.largestBatch);

async function runClaimed(
  { claims }: Visit,
  runner: Runner,
  claimed: readonly ClaimedDelivery[],
  free: number,
  onEnded: (delivery: ClaimedDelivery, result: RunResult) => void,
): Promise<void> {
  const groups = claims.groups(claimed);
  const heldBack: ClaimedDelivery[] = [];
  const run = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      if (claims.holdsBack(group[0]!)) heldBack.push(...group);
      else for (const [index, result] of (await apart(() => runner.run(group))).entries()) onEnded(group[index]!, result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(free, groups.length) }, run));
  await claims.giveBack(heldBack);
}
