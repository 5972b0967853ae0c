// The steps begin, call and end of a run: one call of a receiver, for one delivery (single.ts) or for several (batch.ts), which
// differ only in how their transaction begins and ends. Nothing is written here but what commits with the receiver's own
// transaction (receiver-transaction.ts); the settler writes every other outcome.
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import { isThenable } from '../../core/thenable.ts';
import type { Lane } from '../../drivers/driver.ts';
import { apart } from '../../observe/async-context.ts';
import { type Call, callOf } from '../../receivers/invoke.ts';
import type { Deadline, Deadlines } from './deadline.ts';
import { type Conflict, detachedOutcomeOf, type Execution, outcomeOf, RETURNED } from './execution.ts';
import type { ReceiverCall } from './receiver-call.ts';
import { inTransaction, type TransactionParts } from './receiver-transaction.ts';

type Ended = Execution | Conflict;

/** Calls in all, if other transactions keep being in the way. */
const MOST_TIMES = 6;
/** The pause after the first conflict is up to this long; each further one up to twice as long. */
const FIRST_PAUSE_MS = 8;

export class Performer {
  readonly #parts: TransactionParts;
  readonly #deadlines: Deadlines;

  constructor(parts: TransactionParts, deadlines: Deadlines) {
    this.#parts = parts;
    this.#deadlines = deadlines;
  }

  get log(): Logger {
    return this.#parts.log;
  }

  /**
   * Calls the receiver. If another transaction was in the way, calls it again: at once, in the same claim, without a write in
   * between. Two that keep meeting draw apart by pauses that grow, at random. Never rejects.
   * @param lane for the transaction of the first call; a later one is opened on any connection
   */
  async perform(callFor: (deadline: Deadline) => ReceiverCall, receiver: Receiver, lane: Lane | undefined): Promise<Execution> {
    for (let times = 1; ; times++) {
      const deadline = this.#deadlines.open(receiver);
      try {
        const call = callFor(deadline);
        const ended = this.#once(call, deadline, times === 1 ? lane : undefined);
        const execution = ended instanceof Promise ? await ended : ended;
        call.close?.();
        if (execution.kind !== 'conflict') return execution;
        if (times === MOST_TIMES) return execution.atLast;
      } finally {
        this.#deadlines.close(deadline);
      }
      await pause(Math.random() * FIRST_PAUSE_MS * 2 ** times);
    }
  }

  /**
   * Makes the service before the transaction begins: one that cannot be made (its constructor connects to something that is away, a
   * provider was forgotten) is no failure of the delivery. Returns without a promise where nothing has to be waited for.
   */
  #once(call: ReceiverCall, deadline: Deadline, lane: Lane | undefined): Ended | Promise<Ended> {
    try {
      const { registry, aroundReceive } = this.#parts;
      const made = callOf(call.receiver, registry, aroundReceive);
      if (made instanceof Promise) return this.#whenMade(made, call, deadline, lane);
      return this.#made(made, call, deadline, lane);
    } catch (error) {
      return this.#notMade(error, call, deadline);
    }
  }

  async #whenMade(making: Promise<Call>, call: ReceiverCall, deadline: Deadline, lane: Lane | undefined): Promise<Ended> {
    let invoke: Call;
    try {
      invoke = (await deadline.race(making)) as Call;
    } catch (error) {
      return this.#notMade(error, call, deadline);
    }
    return this.#made(invoke, call, deadline, lane);
  }

  #notMade(error: unknown, { receiver: { name } }: ReceiverCall, { reason }: Deadline): Execution {
    if (reason) return outcomeOf(reason);
    this.#parts.log.debug({ err: error, receiver: name }, `the service of ${name} could not be made`);
    return { kind: 'prevented', error };
  }

  #made(invoke: Call, call: ReceiverCall, deadline: Deadline, lane: Lane | undefined): Ended | Promise<Ended> {
    return call.receiver.transactional
      ? inTransaction(this.#parts, call, { invoke, deadline, lane })
      : this.#detached(invoke, call, deadline);
  }

  /** Without a transaction. */
  #detached(invoke: Call, call: ReceiverCall, deadline: Deadline): Execution | Promise<Execution> {
    try {
      deadline.start();
      const returned = this.#parts.ambient.outside(() => apart(() => invoke(call.payload(), call.context())));
      return isThenable(returned) ? whenReturned(returned, deadline) : RETURNED;
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

async function whenReturned(returned: PromiseLike<unknown>, deadline: Deadline): Promise<Execution> {
  try {
    await deadline.race(returned);
    return RETURNED;
  } catch (error) {
    return detachedOutcomeOf(error);
  }
}
