// What a worker works with: the runner of its deliveries, the slots in which they wait, and the receivers that it pauses. What it
// holds of a receiver that is paused is not started, and its loop gives that back at once.
import type { Logger } from '../core/logger.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import { Pace } from './claiming/prefetch.ts';
import { Pauses } from './running/pauses.ts';
import type { Runner } from './running/runner.ts';
import type { Setbacks } from '../liveness/setbacks.ts';
import { Slots } from './claiming/slots.ts';
import { tellingPauses } from './running/outcome-events.ts';

export interface HandsParts {
  readonly driver: Driver;
  readonly catalogue: Catalogue;
  readonly events: Events;
  readonly log: Logger;
  newRunner(pauses: Pauses, setbacks?: Setbacks): Runner;
}

export interface HandsOptions {
  readonly concurrency: number;
  readonly prefetch: number;
  readonly setbacks: Setbacks;
  workerId(): number;
  owns(workerId: number): boolean;
  largestBatch(): number;
  /** There is something to give back, or to claim again. */
  ring(): void;
  /** There is room for more. */
  onRoom(): void;
}

export interface Hands {
  readonly runner: Runner;
  readonly slots: Slots;
  readonly pauses: Pauses;
}

export function handsOf({ driver, catalogue, events, log, newRunner }: HandsParts, options: HandsOptions): Hands {
  const { concurrency, prefetch, setbacks, workerId, owns, largestBatch, ring, onRoom } = options;
  const telling = tellingPauses(events, workerId);
  const pauses = new Pauses({
    probes: true,
    isHeld: (claim) => slots.holds(claim),
    onPaused: (...about) => {
      slots.holdBack();
      ring();
      telling.onPaused(...about);
    },
    onResumed: (...about) => {
      ring();
      telling.onResumed(...about);
    },
  });
  const runner = newRunner(pauses, setbacks);
  const slots: Slots = new Slots({
    runner,
    pace: new Pace(prefetch, performance.now(), largestBatch),
    log,
    concurrency,
    owns,
    openLane: driver.openLane,
    receiverOf: ({ receiverId }) => catalogue.entries().get(receiverId),
    holdsBack: (delivery) => pauses.holdsBack(catalogue.entries().get(delivery.receiverId), delivery),
    onRoom,
  });
  return { runner, slots, pauses };
}
