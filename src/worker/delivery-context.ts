// What a receiver is handed beside its payload. What costs something is made when the receiver asks for it.
import type { DetachedDeliveryContext, EmissionInfo } from '../core/context.ts';
import type { Logger } from '../core/logger.ts';
import type { Receiver } from '../core/receivers.ts';
import type { ClaimedDelivery } from '../store/store.ts';
import type { Deadline } from './deadline.ts';

export function contextOf(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, parent: Logger): DetachedDeliveryContext {
  const { id, emissionId, generation, attempt } = delivery;
  let emission: EmissionInfo | undefined;
  let log: Logger | undefined;
  return {
    get emission() {
      return (emission ??= {
        id: emissionId,
        signal: receiver.signal.name,
        emittedAt: delivery.emittedAt,
        headers: delivery.headers === null ? {} : (JSON.parse(delivery.headers) as Record<string, string>),
      });
    },
    attempt,
    // The emission's UUID keeps two databases that share a provider apart; the rest is the delivery and its generation.
    idempotencyKey: `${emissionId}:${id}:${generation}`,
    get abortSignal() {
      return deadline.signal;
    },
    get log() {
      return (log ??= parent.child({ deliveryId: id, emissionId, receiver: receiver.name, attempt }));
    },
  };
}
