// Works without a loop: tick() claims once, drain() until nothing is due. For tests, scripts and cron.
import { apart, neutrally } from '../observe/async-context.ts';
import type { RunResult } from './running/run-result.ts';
import type { Runner } from './running/runner.ts';
import type { ClaimedDelivery, ClaimRef } from '../store/deliveries/claim.ts';
import { VirtualTime } from './virtual-time.ts';
import type { TemporaryWorker } from './temporary-worker.ts';

/** The number of deliveries with each outcome. */
export interface DrainResult {
  /** Their receivers returned. */
  readonly completed: number;
  /** Failed, and will run again later. */
  readonly retrying: number;
  /** The retry budget is spent, or the receiver threw `Unrecoverable`. */
  readonly dead: number;
  /** The receiver threw `Discard`. */
  readonly cancelled: number;
  /** Begun, and released without an outcome: the receiver could not be called, or threw `Unavailable`. They will run again. */
  readonly released: number;
}

export interface DrainTerms {
  /** The number of concurrent calls of receivers. */
  readonly free: number;
  /** Also runs deliveries that are due within this time, by `VirtualTime`. */
  readonly aheadMs?: number;
  /** The most deliveries to run. */
  readonly limit?: number | undefined;
  /** Interrupts what runs, releases what is claimed, and makes the call reject. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** Claims once and runs the claimed deliveries to their end. */
export async function runOnce(worker: TemporaryWorker, runner: Runner, { free, abortSignal }: DrainTerms): Promise<DrainResult> {
  return interruptible(runner, abortSignal, async () => {
    const count = new Count();
    const claimed = await worker.take(most(worker, free), { abortSignal });
    await runClaimed(worker, runner, claimed, { free, abortSignal }, (_delivery, result) => count.add(result));
    return count.result;
  });
}

/** Runs until nothing is due. */
export async function runAll(worker: TemporaryWorker, runner: Runner, terms: DrainTerms): Promise<DrainResult> {
  return interruptible(runner, terms.abortSignal, () => untilNothingIsDue(worker, runner, terms));
}

async function untilNothingIsDue(worker: TemporaryWorker, runner: Runner, terms: DrainTerms): Promise<DrainResult> {
  const { free, aheadMs = 0, abortSignal, limit = Infinity } = terms;
  const count = new Count();
  const time = aheadMs > 0 ? new VirtualTime(worker.begunAtUs, aheadMs) : undefined;
  // Held to the end: if they were released they would be claimed again and again, before those that are due.
  const early: ClaimRef[] = [];
  let left = limit;
  const onEnded = ({ id }: ClaimedDelivery, result: RunResult): void => {
    left--;
    time?.ran(id, result.delayMs);
    count.add(result);
  };
  try {
    for (;;) {
      abortSignal?.throwIfAborted();
      if (left <= 0) return count.result;
      const claimed = await worker.take(Math.min(left, most(worker, free)), { aheadMs, abortSignal });
      if (claimed.length === 0) return count.result;
      await runClaimed(worker, runner, time ? dueOf(claimed, time, early) : claimed, terms, onEnded);
    }
  } finally {
    await worker.claims.release(early);
  }
}

/** Runs `work`, whose receivers are interrupted when the signal is aborted. It ends by itself then; the call rejects with the signal's reason. */
async function interruptible<T>(runner: Runner, abortSignal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (!abortSignal) return work();
  abortSignal.throwIfAborted();
  const interrupt = (): void => neutrally(() => runner.abort());
  abortSignal.addEventListener('abort', interrupt);
  try {
    const result = await work();
    abortSignal.throwIfAborted();
    return result;
  } finally {
    abortSignal.removeEventListener('abort', interrupt);
  }
}

class Count {
  readonly result = { completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 0 };

  add({ ended }: RunResult): void {
    if (ended === 'void') return;
    this.result[ended === 'ready' ? 'retrying' : ended]++;
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

/** The number of deliveries in one claim. */
const most = ({ claims }: TemporaryWorker, free: number): number => Math.max(free, claims.largestBatch);

async function runClaimed(
  { claims }: TemporaryWorker,
  runner: Runner,
  claimed: readonly ClaimedDelivery[],
  { free, abortSignal }: DrainTerms,
  onEnded: (delivery: ClaimedDelivery, result: RunResult) => void,
): Promise<void> {
  const groups = claims.groups(claimed);
  const heldBack: ClaimedDelivery[] = [];
  const run = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      if (abortSignal?.aborted || claims.holdsBack(group[0]!)) heldBack.push(...group);
      else for (const [index, result] of (await apart(() => runner.run(group))).entries()) onEnded(group[index]!, result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(free, groups.length) }, run));
  await claims.release(heldBack);
}
