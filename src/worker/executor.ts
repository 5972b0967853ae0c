// Runs one claimed delivery once, and says what came of it. It writes nothing but the completion that commits with the
// receiver's own transaction (receiver-transaction.ts); every other outcome is written by whoever called (runner.ts).
import { decodePayload } from '../core/envelope.ts';
import type { Receiver } from '../core/receivers.ts';
import type { Lane } from '../drivers/driver.ts';
import { invoke } from '../registry/invoke.ts';
import type { ClaimedDelivery } from '../store/store.ts';
import type { Deadline } from './deadline.ts';
import { contextOf } from './delivery-context.ts';
import { type Execution, outcomeOf } from './execution.ts';
import { type ExecutorParts, inTransaction } from './receiver-transaction.ts';

export class Executor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  /** Never rejects. @param lane where its transaction is opened, if the driver has lanes */
  async execute(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, lane?: Lane): Promise<Execution> {
    const { registry, ambient, log } = this.#parts;
    try {
      const payload = await decodePayload(receiver.signal, delivery.payload, delivery.version);
      if (receiver.transactional) return await this.#transactional(delivery, receiver, payload, deadline, lane);
      const context = contextOf(delivery, receiver, deadline, log);
      deadline.start();
      await deadline.race(ambient.outside(() => invoke(receiver, registry, payload, context)));
      return { kind: 'outcome', outcome: { kind: 'returned' } };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  #transactional(
    delivery: ClaimedDelivery,
    receiver: Receiver,
    payload: unknown,
    deadline: Deadline,
    lane: Lane | undefined,
  ): Promise<Execution> {
    const { log, store, registry } = this.#parts;
    return inTransaction(this.#parts, {
      receiver,
      deadline,
      lane,
      about: { deliveryId: delivery.id },
      begin: async (run, options) => {
        const found = await store.settleFirst(run, delivery, options);
        return found === 'completed' ? 'held' : found;
      },
      call: (tx) => invoke(receiver, registry, payload, Object.assign(contextOf(delivery, receiver, deadline, log), { tx })),
    });
  }
}
