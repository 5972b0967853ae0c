// Runs one claimed delivery once, and says what came of it. It writes nothing but the completion that commits with the
// receiver's own transaction (receiver-transaction.ts); every other outcome is written by whoever called (runner.ts).
import type { Receiver } from '../../core/receivers.ts';
import type { Lane } from '../../drivers/driver.ts';
import { apart } from '../../observe/async-context.ts';
import { type Call, callOf } from '../../receivers/invoke.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import { despiteConflicts } from './conflicts.ts';
import type { Deadline, InTime } from './deadline.ts';
import { contextOf } from './delivery-context.ts';
import { type Conflict, type Execution, outcomeOf } from './execution.ts';
import { type ExecutorParts, inTransaction } from './receiver-transaction.ts';
import { payloadOf } from './decode.ts';

export class Executor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  /** Never rejects. @param lane where its transaction is opened, if the driver has lanes */
  async execute(delivery: ClaimedDelivery, receiver: Receiver, inTime: InTime, lane?: Lane): Promise<Execution> {
    let payload: unknown;
    try {
      payload = await payloadOf(delivery, receiver);
    } catch (error) {
      return outcomeOf(error);
    }
    return despiteConflicts((isFirst) =>
      inTime(async (deadline) => {
        const call = await readyToCall(this.#parts, receiver, deadline);
        if (typeof call !== 'function') return call;
        return receiver.transactional
          ? this.#transactional(delivery, receiver, deadline, call, payload, isFirst ? lane : undefined)
          : this.#detached(delivery, receiver, deadline, call, payload);
      }),
    );
  }

  #transactional(
    delivery: ClaimedDelivery,
    receiver: Receiver,
    deadline: Deadline,
    call: Call,
    payload: unknown,
    lane: Lane | undefined,
  ): Promise<Execution | Conflict> {
    const { log, store } = this.#parts;
    return inTransaction(this.#parts, {
      receiver,
      deadline,
      lane,
      about: { deliveryId: delivery.id },
      begin: async (run, options) => {
        const found = await store.deliveries.settleFirst(run, delivery, options);
        return found === 'completed' ? 'held' : found;
      },
      call: (tx) => call(payload, Object.assign(contextOf(delivery, receiver, deadline, log), { tx })),
    });
  }

  async #detached(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, call: Call, payload: unknown): Promise<Execution> {
    const { ambient, log } = this.#parts;
    try {
      const context = contextOf(delivery, receiver, deadline, log);
      deadline.start();
      await deadline.race(ambient.outside(() => apart(() => call(payload, context))));
      return { kind: 'outcome', outcome: { kind: 'returned' } };
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

/**
 * How to call the receiver, or what came of it because it cannot be called. Before its transaction: a service that cannot be made (its
 * constructor connects to something that is away, a provider was forgotten) is no failure of the delivery.
 */
export async function readyToCall({ registry, log }: ExecutorParts, receiver: Receiver, deadline: Deadline): Promise<Call | Execution> {
  try {
    const call = callOf(receiver, registry);
    return call instanceof Promise ? ((await deadline.race(call)) as Call) : call;
  } catch (error) {
    if (deadline.reason) return outcomeOf(deadline.reason);
    log.debug({ err: error, receiver: receiver.name }, `what ${receiver.name} belongs to could not be made`);
    return { kind: 'prevented', error };
  }
}
