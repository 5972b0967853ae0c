// A call of a receiver for one delivery. Its first statement completes the delivery, so there is nothing to do at the end.
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Run as Send } from '../../drivers/driver.ts';
import type { Store } from '../../store/store.ts';
import type { Deadline } from './deadline.ts';
import { contextOf } from './delivery-context.ts';
import type { Execution } from './execution.ts';
import type { Performer } from './perform.ts';
import type { ReceiverCall } from './receiver-call.ts';
import type { Member, Run } from './run.ts';

/** Begins, calls and ends a run of one delivery. Never rejects. */
export function performSingle(performer: Performer, store: Store, member: Member, { receiver, lane }: Run): Promise<Execution> {
  const callFor = (deadline: Deadline): ReceiverCall => new SingleCall(store, member, receiver, deadline, performer.log);
  return performer.perform(callFor, receiver, lane);
}

class SingleCall implements ReceiverCall {
  readonly receiver: Receiver;
  readonly #store: Store;
  readonly #member: Member;
  readonly #deadline: Deadline;
  readonly #log: Logger;

  constructor(store: Store, member: Member, receiver: Receiver, deadline: Deadline, log: Logger) {
    this.receiver = receiver;
    this.#store = store;
    this.#member = member;
    this.#deadline = deadline;
    this.#log = log;
  }

  about(): object {
    return { deliveryId: this.#member.delivery.id };
  }

  async begin(send: Send, options: { readonly timeoutMs: number; readonly inLane: boolean }): Promise<'held' | 'stale' | 'outside'> {
    const found = await this.#store.deliveries.settleFirst(send, this.#member.delivery, options);
    return found === 'completed' ? 'held' : found;
  }

  payload(): unknown {
    return this.#member.payload;
  }

  context(): object {
    return contextOf(this.#member.delivery, this.receiver, this.#deadline, this.#log);
  }
}
