// Claimed deliveries whose receiver this process no longer has: it was disconnected between the claim and the run. They are released
// with a delay. A claim asks only for receivers that the process has, so the next one leaves them to others; the delay keeps claim and
// release from chasing each other should one not. No clock of its own.
import type { Logger } from '../../core/logger.ts';
import type { Events } from '../../observe/events.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { ReleaseItem } from '../../store/deliveries/deliveries.ts';
import { type RunResult, VOID } from './run-result.ts';
import { Setbacks } from '../../liveness/setbacks.ts';
import { eventOf } from './outcome-events.ts';

export interface HomelessParts {
  readonly log: Logger;
  readonly events: Events;
  /** Returns whether the delivery was still this claim's. */
  release(item: ReleaseItem): Promise<boolean>;
}

export class Homeless {
  readonly #parts: HomelessParts;
  readonly #setbacks = new Setbacks({ onFailing: () => {}, onRecovered: () => {} });

  constructor(parts: HomelessParts) {
    this.#parts = parts;
  }

  /**
   * Releases a delivery for a second, and for twice as long each time that what has waited comes back. Warns once in a row of them.
   * @param random from 0 to 1
   */
  async putOff(delivery: ClaimedDelivery, now: number, random: number): Promise<RunResult> {
    const { log, events, release } = this.#parts;
    const { id, epoch, workerId, receiverId } = delivery;
    // A while without any ends the row.
    this.#setbacks.succeeded(now);
    const isFirst = !this.#setbacks.isFailing;
    const delayMs = this.#setbacks.failed(undefined, now, random);
    if (!(await release({ id, epoch, workerId, delayMs }))) return VOID;
    const about = { deliveryId: id, receiverId, delayMs };
    const text = 'the receiver of a claimed delivery was disconnected; the delivery waits for a process that has the receiver';
    if (isFirst) log.warn(about, text);
    else log.debug(about, text);
    events.raise('delivery.released', eventOf(delivery, undefined));
    return VOID;
  }
}
