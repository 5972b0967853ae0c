// The context that a receiver gets beside its payload. Its costly parts are made when the receiver asks for them.
import type { DetachedDeliveryContext, EmissionInfo } from '../../core/context.ts';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { Deadline } from './deadline.ts';

export function contextOf(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, parent: Logger): DetachedDeliveryContext {
  return new DeliveryContext(delivery, receiver, deadline, parent);
}

class DeliveryContext implements DetachedDeliveryContext {
  readonly attempt: number;
  readonly #delivery: ClaimedDelivery;
  readonly #receiver: Receiver;
  readonly #deadline: Deadline;
  readonly #parent: Logger;
  #emission: EmissionInfo | undefined;
  #log: Logger | undefined;

  constructor(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, parent: Logger) {
    this.attempt = delivery.attempt;
    this.#delivery = delivery;
    this.#receiver = receiver;
    this.#deadline = deadline;
    this.#parent = parent;
  }

  get emission(): EmissionInfo {
    const { emissionId: id, emittedAt, headers } = this.#delivery;
    return (this.#emission ??= {
      id,
      signal: this.#receiver.signal.name,
      emittedAt,
      headers: headers === null ? {} : (JSON.parse(headers) as Record<string, string>),
    });
  }

  get replayed(): boolean {
    return this.#delivery.generation > 0;
  }

  /** The emission's UUID keeps two databases that share a provider apart; the rest is the delivery and its generation. */
  get idempotencyKey(): string {
    const { emissionId, id, generation } = this.#delivery;
    return `${emissionId}:${id}:${generation}`;
  }

  get abortSignal(): AbortSignal {
    return this.#deadline.signal;
  }

  get log(): Logger {
    const { id: deliveryId, emissionId, attempt } = this.#delivery;
    return (this.#log ??= this.#parent.child({ deliveryId, emissionId, receiver: this.#receiver.name, attempt }));
  }
}
