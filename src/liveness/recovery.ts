// What every worker does beside its deliveries, again and again, until it stops: it watches the other workers, takes back
// what the dead ones held, and keeps its own receivers in the catalogue. No worker is in charge: all of it can be done twice.
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { WorkersStore } from '../store/workers/workers.ts';
import { rescueDeliveries } from './rescue.ts';
import type { Watch } from './failure-detector.ts';

export interface UpkeepParts {
  readonly workers: WorkersStore;
  readonly catalogue: Catalogue;
  readonly events: Events;
}

export interface UpkeepOptions {
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
/** Alone, as far as its last renewal knows: somebody may have come since. */
const LOOK_ALONE_EVERY_MS = 4_000;
const REFRESH_CATALOGUE_MS = 6 * 3_600_000;

/** Runs until the worker stops. */
export async function keepUp({ workers, catalogue, events }: UpkeepParts, options: UpkeepOptions): Promise<void> {
  const { leaseMs, watch } = options;
  const rescueEvery = leaseMs / 4;
  let rescueAt = performance.now();
  let lookAt = performance.now();
  let refreshAt = performance.now() + REFRESH_CATALOGUE_MS;
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
      if (performance.now() > refreshAt) {
        await catalogue.refresh();
        refreshAt = performance.now() + REFRESH_CATALOGUE_MS;
      }
    } catch (error) {
      watch.unwell();
      options.onError(error, begun);
    }
    await options.sleep(Math.min(options.isWatching() ? LOOK_EVERY_MS : LOOK_ALONE_EVERY_MS, rescueEvery));
  }
}
