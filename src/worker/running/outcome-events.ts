// Raises the event of each delivery once its outcome is durable, and the events of receivers that are paused.
import type { Settlement } from '../../core/delivery.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { DeliveryEvent, Events } from '../../observe/events.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { PausesParts } from './pauses.ts';

export function tell(events: Events, about: DeliveryEvent, settlement: Settlement, durationMs: number, error: unknown): void {
  switch (settlement.to) {
    case 'completed':
      return events.raise('delivery.completed', { ...about, durationMs });
    case 'ready':
      return events.raise('delivery.retrying', { ...about, durationMs, error, delayMs: settlement.delayMs });
    case 'dead':
      return events.raise('delivery.dead', { ...about, durationMs, error });
    case 'cancelled':
      return events.raise('delivery.cancelled', { ...about, durationMs, error });
    case 'released':
      return events.raise('delivery.released', about);
    default:
      return settlement satisfies never;
  }
}

/** @param receiver `undefined` if this process does not have the receiver, and so does not know its names */
export function eventOf(delivery: ClaimedDelivery, receiver: Receiver | undefined): DeliveryEvent {
  const { id, emissionId, attempt, epoch } = delivery;
  return { deliveryId: id, emissionId, signal: receiver?.signal.name ?? '', receiver: receiver?.name ?? '', attempt, epoch };
}

/** Raises the events of the receivers that a worker, or a drain, pauses. */
export const tellingPauses = (events: Events, workerId: () => number): Pick<PausesParts, 'onPaused' | 'onResumed'> => ({
  onPaused: ({ name, signal }, about) =>
    events.raise('receiver.paused', { workerId: workerId(), receiver: name, signal: signal.name, ...about }),
  onResumed: ({ name, signal }, about) =>
    events.raise('receiver.resumed', { workerId: workerId(), receiver: name, signal: signal.name, ...about }),
});
