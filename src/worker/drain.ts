// Works without a loop: tick() claims once, drain() until nothing is due. For tests, scripts and cron.
import { apart } from '../observe/async-context.ts';
import type { RunResult } from './running/run-result.ts';
import type { Runner } from './running/runner.ts';
import type { ClaimedDelivery, ClaimRef } from '../store/deliveries/claim.ts';
import { VirtualTime } from './virtual-time.ts';
import type { TemporaryWorker } from './temporary-worker.ts';

/** How many deliveries have had which outcome. */
export interface DrainResult {
  /** Their receivers returned. */
  readonly completed: number;
  /** Failed, and will run again later. */
  readonly retrying: number;
  /** The retry budget is spent, or the receiver threw `Unrecoverable`. */
  readonly dead: number;
  /** The receiver threw `Discard`. */
  readonly cancelled: number;
}

/** Claims once and runs the claimed deliveries to their end, `free` calls of receivers at once. Returns the results. */
export async function runOnce(worker: TemporaryWorker, runner: Runner, free: number): Promise<RunResult[]> {
  const claimed = await worker.take(most(worker, free));
  const results: RunResult[] = [];
  await runClaimed(worker, runner, claimed, free, (_delivery, result) => results.push(result));
  return results;
}

/** Runs until nothing is due. @param aheadMs also runs deliveries that are due within this time, by `VirtualTime` */
export async function runAll(worker: TemporaryWorker, runner: Runner, free: number, aheadMs: number): Promise<DrainResult> {
  const count = { completed: 0, retrying: 0, dead: 0, cancelled: 0 };
  const time = aheadMs > 0 ? new VirtualTime(worker.begunAtUs, aheadMs) : undefined;
  // Held to the end: if they were released they would be claimed again and again, before those that are due.
  const early: ClaimRef[] = [];
  const onEnded = ({ id }: ClaimedDelivery, { ended, delayMs }: RunResult): void => {
    time?.ran(id, delayMs);
    if (ended === 'ready') count.retrying++;
    else if (ended === 'completed' || ended === 'dead' || ended === 'cancelled') count[ended]++;
  };
  try {
    for (;;) {
      const claimed = await worker.take(most(worker, free), aheadMs);
      if (claimed.length === 0) return count;
      await runClaimed(worker, runner, time ? dueOf(claimed, time, early) : claimed, free, onEnded);
    }
  } finally {
    await worker.claims.release(early);
  }
}

/** Adds the deliveries that are not due to `early`. */
function dueOf(claimed: readonly ClaimedDelivery[], time: VirtualTime, early: ClaimRef[]): readonly ClaimedDelivery[] {
  return claimed.filter((delivery) => {
    const isDue = time.admits(delivery);
    // Without the payload.
    if (!isDue) early.push({ id: delivery.id, epoch: delivery.epoch, workerId: delivery.workerId });
    return isDue;
  });
}

/** How many deliveries one claim takes. */
const most = ({ claims }: TemporaryWorker, free: number): number => Math.max(free, claims.largestBatch);

async function runClaimed(
  { claims }: TemporaryWorker,
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
  await claims.release(heldBack);
}
