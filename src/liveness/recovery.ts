// Recovers what dead workers held. Every worker checks the others and rescues the deliveries of the dead ones, again and again, until
// it stops. No worker is in charge: two of them may do it at the same time. Recovery has a rhythm of its own and waits for no
// back-off; work that may wait is a maintenance task (maintenance/).
import type { Events } from '../observe/events.ts';
import type { WorkersStore } from '../store/workers/workers.ts';
import { rescueDeliveries } from './rescue.ts';
import type { FailureDetector } from './failure-detector.ts';

export interface RecoveryParts {
  readonly workers: Pick<WorkersStore, 'rescue'>;
  readonly events: Events;
}

export interface RecoveryOptions {
  readonly leaseMs: number;
  readonly failureDetector: Pick<FailureDetector, 'check' | 'holdOff'>;
  /** Whether there are other workers with sessions of their own. */
  hasOthers(): boolean;
  workerId(): number;
  /** Sleeps for as long, or until the worker stops. */
  sleep(ms: number): Promise<unknown>;
  /** Deliveries are ready again. */
  onRescued(): void;
  /** A delivery of this receiver is dead, for its crash budget is spent. */
  onDead(receiverId: number): void;
  /** A statement failed that began at `since`. */
  onError(error: unknown, since: number): void;
}

/** With the two checks and the rescue, a killed worker is replaced within a second. */
const CHECK_EVERY_MS = 400;
/** The period after a renewal that found no other worker: one may have started since. */
const CHECK_ALONE_EVERY_MS = 4_000;

/** Runs until the worker is told to stop, which also has to end its sleep. */
export async function checkAndRescue({ workers, events }: RecoveryParts, options: RecoveryOptions, stopping: AbortSignal): Promise<void> {
  const { leaseMs, failureDetector } = options;
  const rescueEvery = leaseMs / 4;
  let rescueAt = performance.now();
  let checkAt = performance.now();
  while (!stopping.aborted) {
    const begun = performance.now();
    try {
      const isTime = options.hasOthers() || performance.now() >= checkAt;
      if (isTime) checkAt = performance.now() + CHECK_ALONE_EVERY_MS;
      const dead = isTime && (await failureDetector.check(options.workerId()));
      if (dead || performance.now() >= rescueAt) {
        if ((await rescueDeliveries(workers, events, options.workerId(), options.onDead)) > 0) options.onRescued();
        rescueAt = performance.now() + rescueEvery;
      }
    } catch (error) {
      failureDetector.holdOff();
      options.onError(error, begun);
    }
    await options.sleep(Math.min(options.hasOthers() ? CHECK_EVERY_MS : CHECK_ALONE_EVERY_MS, rescueEvery));
  }
}
