// The way of deliveries through a worker: claimed by the loop, waiting in the slots, run by the runner. Also the receivers that are
// paused meanwhile.
import type { Logger } from '../core/logger.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Lease } from '../liveness/lease.ts';
import type { Setbacks } from '../liveness/setbacks.ts';
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { Store } from '../store/store.ts';
import { ClaimLoop, type ClaimLoopParts } from './claiming/claim-loop.ts';
import { Claims } from './claiming/claims.ts';
import { Prefetch } from './claiming/prefetch.ts';
import { ScanWindow } from './claiming/scan-window.ts';
import { Slots } from './claiming/slots.ts';
import type { WorkerSettings } from './options.ts';
import { tellingPauses } from './running/outcome-events.ts';
import { Pauses } from './running/pauses.ts';
import type { Runner } from './running/runner.ts';

export interface IntakeParts {
  readonly store: Pick<Store, 'deliveries'>;
  readonly driver: Pick<Driver, 'openLane'>;
  readonly catalogue: Catalogue;
  readonly events: Events;
  readonly log: Logger;
  newRunner(pauses: Pauses, setbacks?: Setbacks): Runner;
}

export interface IntakeOptions extends Pick<ClaimLoopParts, 'sleepingFlag' | 'wakeup' | 'onAnswer' | 'onError'> {
  readonly settings: WorkerSettings;
  readonly lease: Lease;
  readonly setbacks: Setbacks;
}

export class Intake {
  readonly pauses: Pauses;
  readonly claims: Claims;
  readonly runner: Runner;
  readonly slots: Slots;
  readonly loop: ClaimLoop;

  constructor({ store, driver, catalogue, events, log, newRunner }: IntakeParts, options: IntakeOptions) {
    const { settings, lease, setbacks, wakeup } = options;
    const { concurrency, queues, pollMs, leaseMs } = settings;
    const telling = tellingPauses(events, () => lease.workerId);
    // Held deliveries of a paused receiver are not started: the loop releases them at once.
    this.pauses = new Pauses({
      probes: true,
      isHeld: (claim) => this.slots.holds(claim),
      onPaused: (...about) => {
        this.slots.holdBack();
        wakeup.workMayBeDue();
        telling.onPaused(...about);
      },
      onResumed: (...about) => {
        wakeup.workMayBeDue();
        telling.onResumed(...about);
      },
    });
    this.claims = new Claims({ store: store.deliveries, catalogue, lease, pauses: this.pauses, queues, scanWindow: new ScanWindow() });
    this.runner = newRunner(this.pauses, setbacks);
    this.slots = new Slots({
      runner: this.runner,
      prefetch: new Prefetch(
        settings.prefetch,
        performance.now(),
        () => this.claims.largestBatch,
        () => this.#toShare(concurrency),
      ),
      shareOf: (receiver, waiting) => Math.min(this.runner.sharing.most(receiver), Math.floor(waiting / concurrency)),
      lease,
      claims: this.claims,
      log,
      concurrency,
      openLane: driver.openLane,
      receiverOf: ({ receiverId }) => catalogue.entries().get(receiverId),
      onCapacity: () => this.loop.capacityFreed(),
      onGivenUp: () => wakeup.workMayBeDue(),
      now: () => performance.now(),
    });
    this.loop = new ClaimLoop({
      ...options,
      claims: this.claims,
      slots: this.slots,
      pollMs,
      answerMs: leaseMs,
      onIdle: () => events.raise('worker.idle', { workerId: lease.workerId }),
    });
  }

  /** The deliveries to hold so that each slot has twice what may share one transaction: a claim comes when half of them have gone. */
  #toShare(concurrency: number): number {
    const most = this.claims.largestShare((receiver) => this.runner.sharing.most(receiver));
    return most < 2 ? 0 : most * concurrency * 2;
  }
}
