// box.worker and box.workers: the workers of this process.
import type { Receivers } from '../core/receivers.ts';
import type { Driver } from '../drivers/driver.ts';
import { checkHealth, type Health } from '../operate/health.ts';
import type { Status, WorkerStatus } from '../operate/status.ts';
import { workerSettings, type WorkerOptions } from '../worker/options.ts';
import { Worker, type WorkerParts } from '../worker/worker.ts';
import type { Lifetime } from './lifetime.ts';
import type { Testing } from './options.ts';
import type { Services } from './services.ts';
import type { Warnings } from './warnings.ts';

/** Workers. `box.worker()` makes one of this process. */
export interface BoxWorkers {
  /** Whether this process can do its work: for probes. Never rejects; of a box that was closed it says `BoxClosed`. */
  health(): Promise<Health>;
  /**
   * The enrolled workers of all processes, the oldest first, 1,000 at most; those that are lost until another worker has forgotten them.
   * @throws SignalboxError `MigrationMissing`, `BoxClosed`
   */
  list(): Promise<WorkerStatus[]>;
}

export interface WorkersParts extends Omit<WorkerParts, 'claims' | 'active' | 'assertOpen' | 'checkServices' | 'warnOfWaiting'> {
  readonly lifetime: Lifetime;
  readonly services: Services;
  readonly warnings: Warnings;
  readonly receivers: Receivers;
  readonly driver: Driver;
  readonly testing: Testing | undefined;
  readonly status: Status;
}

export class OwnWorkers implements BoxWorkers {
  readonly #parts: WorkersParts;

  constructor(parts: WorkersParts) {
    this.#parts = parts;
  }

  make(options: WorkerOptions = {}): Worker {
    const { lifetime, services, warnings, receivers, driver, testing } = this.#parts;
    lifetime.beginWork();
    services.warnOfForgotten();
    warnings.ofWorker(receivers.all.length);
    const parts: WorkerParts = {
      ...this.#parts,
      claims: testing === undefined || testing === 'immediate',
      active: lifetime.workers,
      assertOpen: () => lifetime.assertTakesWork(),
      checkServices: () => services.check(),
      warnOfWaiting: () => warnings.ofWaiting(),
    };
    return new Worker(parts, workerSettings(options, receivers.all, driver));
  }

  async list(): Promise<WorkerStatus[]> {
    return this.#parts.status.workers();
  }

  async health(): Promise<Health> {
    const { lifetime, store } = this.#parts;
    const workers = [...lifetime.workers].flatMap((worker) => worker.health ?? []);
    return checkHealth(async () => {
      lifetime.assertOpen();
      await store.check();
    }, workers);
  }
}
