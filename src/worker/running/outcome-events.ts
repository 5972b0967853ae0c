// Raises the event of each delivery once its outcome is durable, and the events of receivers that are paused.
import type { Settlement } from '../../core/delivery.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Events } from '../../observe/events.ts';
import type { DeliveryEvent } from '../../observe/event-types.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { PausesParts } from './pauses.ts';

/** The receiver is about to be called. */
export function tellStarted(events: Events, delivery: ClaimedDelivery, receiver: Receiver): void {
  if (events.has('delivery.started'))
    events.raise('delivery.started', { ...eventOf(delivery, receiver), lagMs: lagMsOf(delivery, Date.now()) });
}

/** The receiver has returned, and the completion is committed. */
export function tellCompleted(events: Events, delivery: ClaimedDelivery, receiver: Receiver, durationMs: number): void {
  if (events.has('delivery.completed')) events.raise('delivery.completed', { ...eventOf(delivery, receiver), durationMs });
}

/** The settlement of a delivery is written. */
export function tell(
  events: Events,
  delivery: ClaimedDelivery,
  receiver: Receiver,
  settlement: Settlement,
  durationMs: number,
  error: unknown,
): void {
  if (settlement.to === 'completed') return tellCompleted(events, delivery, receiver, durationMs);
  const about = eventOf(delivery, receiver);
  switch (settlement.to) {
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

/** A head start lies before the emit, when nothing was due yet. The clocks of the database and of this process may differ. */
export const lagMsOf = ({ runAt, emittedAt }: ClaimedDelivery, now: number): number =>
  Math.max(0, now - Math.max(runAt * 1_000, emittedAt.getTime()));

/** @param receiver `undefined` if this process does not have the receiver, and so does not know its names */
export function eventOf(delivery: ClaimedDelivery, receiver: Receiver | undefined): Omit<DeliveryEvent, 'at'> {
  const { id, emissionId, attempt, epoch, workerId } = delivery;
  const { name = '', signal: { name: signal } = { name: '' }, queue = '' } = receiver ?? {};
  return { deliveryId: id, emissionId, signal, receiver: name, attempt, epoch, workerId, queue };
}

/** Raises the events of the receivers that a worker, or a drain, pauses. */
export const tellingPauses = (events: Events, workerId: () => number): Pick<PausesParts, 'onPaused' | 'onResumed'> => ({
  onPaused: ({ name, signal }, about) =>
    events.raise('receiver.paused', { workerId: workerId(), receiver: name, signal: signal.name, ...about }),
  onResumed: ({ name, signal }, about) =>
    events.raise('receiver.resumed', { workerId: workerId(), receiver: name, signal: signal.name, ...about }),
});
