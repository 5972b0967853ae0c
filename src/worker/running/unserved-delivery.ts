// Releases claimed deliveries whose receiver this process no longer has: the receiver was disconnected between the claim and the
// run. A claim asks only for receivers that the process has, so the next claim leaves these deliveries to other processes. The
// delay of the release keeps a process from claiming and releasing one in a loop, should its claim ask for it all the same. This
// file has no clock of its own.
import type { Logger } from '../../core/logger.ts';
import type { Events } from '../../observe/events.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { ReleaseItem } from '../../store/deliveries/deliveries.ts';
import { type RunResult, VOID } from './run-result.ts';
import { Setbacks } from '../../liveness/setbacks.ts';
import { eventOf } from './outcome-events.ts';

export interface UnservedParts {
  readonly log: Logger;
  readonly events: Events;
  /** Returns whether the delivery was still this claim's. */
  release(item: ReleaseItem): Promise<boolean>;
}

export class UnservedDeliveries {
  readonly #parts: UnservedParts;
  readonly #setbacks = new Setbacks({ onFailing: () => {}, onRecovered: () => {} });

  constructor(parts: UnservedParts) {
    this.#parts = parts;
  }

  /**
   * Releases a delivery for a second, and for twice as long each time that such deliveries come back. Warns once for each
   * series of them.
   * @param random from 0 to 1
   */
  async putOff(delivery: ClaimedDelivery, now: number, random: number): Promise<RunResult> {
    const { log, events, release } = this.#parts;
    const { id, epoch, workerId, receiverId } = delivery;
    // A while without any ends the series.
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
