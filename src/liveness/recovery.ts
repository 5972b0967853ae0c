// How every worker recovers what dead workers held: it watches the others and rescues their deliveries, again and again, until
// it stops. No worker is in charge: all of it can be done twice. Recovery has a rhythm of its own and waits for no back-off; what
// may wait is a maintenance task (maintenance/).
import type { Events } from '../observe/events.ts';
import type { WorkersStore } from '../store/workers/workers.ts';
import { rescueDeliveries } from './rescue.ts';
import type { Watch } from './failure-detector.ts';

export interface RecoveryParts {
  readonly workers: WorkersStore;
  readonly events: Events;
}

export interface RecoveryOptions {
  readonly leaseMs: number;
  readonly watch: Watch;
  /** Whether there are other workers with sessions of their own. */
  isWatching(): boolean;
  workerId(): number;
  /** Sleeps this long, or until the worker stops. */
  sleep(ms: number): Promise<unknown>;
  isRunning(): boolean;
  /** Deliveries are ready again. */
  onRescued(): void;
  /** @param since when what failed began */
  onError(error: unknown, since: number): void;
}

/** With the two looks and the rescue, a killed worker is replaced within a second. */
const LOOK_EVERY_MS = 400;
/** Alone, as far as its last renewal knows: another worker may have come since. */
const LOOK_ALONE_EVERY_MS = 4_000;

/** Runs until the worker stops. */
export async function watchAndRescue({ workers, events }: RecoveryParts, options: RecoveryOptions): Promise<void> {
  const { leaseMs, watch } = options;
  const rescueEvery = leaseMs / 4;
  let rescueAt = performance.now();
  let lookAt = performance.now();
  while (options.isRunning()) {
    const begun = performance.now();
    try {
      const isTime = options.isWatching() || performance.now() >= lookAt;
      if (isTime) lookAt = performance.now() + LOOK_ALONE_EVERY_MS;
      const dead = isTime && (await watch.look(options.workerId()));
      if (dead || performance.now() >= rescueAt) {
        if ((await rescueDeliveries(workers, events)) > 0) options.onRescued();
        rescueAt = performance.now() + rescueEvery;
      }
    } catch (error) {
      watch.unwell();
      options.onError(error, begun);
    }
    await options.sleep(Math.min(options.isWatching() ? LOOK_EVERY_MS : LOOK_ALONE_EVERY_MS, rescueEvery));
  }
}
