// Runs one claimed delivery once, and says what came of it. It writes nothing but the completion that commits with the
// receiver's own transaction; every other outcome is written by whoever called (runner.ts).
//
// The race: a stalled worker may wake up after its delivery was given to another. So the first statement of the
// receiver's transaction completes the delivery under (id, state, epoch). If that finds nothing, the receiver is not
// called. If it finds the row, its lock is held to the end, and nobody else can take the delivery meanwhile.
import type { Outcome } from '../core/delivery.ts';
import { decodePayload } from '../core/envelope.ts';
import type { Logger } from '../core/logger.ts';
import type { Receiver } from '../core/receivers.ts';
import type { Driver, Lane } from '../drivers/driver.ts';
import { isTransient } from '../drivers/error-kind.ts';
import { isSignalboxError } from '../errors.ts';
import { invoke } from '../registry/invoke.ts';
import type { Registry } from '../registry/registry.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import type { Ambient } from '../transaction/ambient.ts';
import type { TransactionScope } from '../transaction/scope.ts';
import type { Transactions } from '../transaction/transactions.ts';
import type { Deadline } from './deadline.ts';
import { contextOf } from './delivery-context.ts';

/** What came of one run. */
export type Execution =
  /** The receiver returned, and its delivery is completed: both are committed. */
  | { readonly kind: 'committed' }
  /** The delivery belonged to somebody else by now. The receiver was not called. */
  | { readonly kind: 'stale' }
  /** Still to be written. */
  | {
      readonly kind: 'outcome';
      readonly outcome: Outcome;
      /** The answer to COMMIT was lost: called if it is found to have got through. Never rejects. */
      readonly ifCommitted?: () => Promise<void>;
    };

export interface ExecutorParts {
  readonly store: Store;
  readonly driver: Driver;
  readonly registry: Registry;
  readonly transactions: Transactions;
  readonly ambient: Ambient;
  readonly log: Logger;
}

/** Time that the server gives a transaction beyond its receiver's timeout, so that the worker's own end comes first. */
const SERVER_MARGIN_MS = 5_000;
/** Wait before a delivery runs again whose connection was lost. */
const RECONNECT_MS = 1_000;

const STALE = Symbol('stale');
const OUTSIDE = Symbol('outside');

export class Executor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  /** Never rejects. @param lane where its transaction is opened, if the driver has lanes */
  async execute(delivery: ClaimedDelivery, receiver: Receiver, deadline: Deadline, lane?: Lane): Promise<Execution> {
    try {
      const decoded = decodePayload(receiver.signal, delivery.payload, delivery.version);
      const payload = decoded instanceof Promise ? await decoded : decoded;
      return receiver.transactional
        ? await this.#transactional(delivery, receiver, payload, deadline, lane)
        : await this.#detached(delivery, receiver, payload, deadline);
    } catch (error) {
      return outcomeOf(error);
    }
  }

  async #transactional(
    delivery: ClaimedDelivery,
    receiver: Receiver,
    payload: unknown,
    deadline: Deadline,
    lane: Lane | undefined,
  ): Promise<Execution> {
    const { log, store, driver, registry, transactions, ambient } = this.#parts;
    let scopeOfRun: TransactionScope | undefined;
    let thrown: { readonly error: unknown } | undefined;
    let called = false;
    deadline.onEnd(() => scopeOfRun?.close());
    try {
      const { scope: ended, unanswered } = await ambient.outside(() =>
        transactions.attempt(
          async (tx, scope) => {
            scopeOfRun = scope;
            if (deadline.reason) throw deadline.reason;
            const timeoutMs = receiver.timeoutMs + SERVER_MARGIN_MS;
            const found = await store.settleFirst(driver.run(scope.client), delivery, { timeoutMs, inLane: lane !== undefined });
            if (found !== 'completed') throw found === 'stale' ? STALE : OUTSIDE;
            called = true;
            try {
              await invoke(receiver, registry, payload, Object.assign(contextOf(delivery, receiver, deadline, log), { tx }));
            } catch (error) {
              thrown = { error };
              throw error;
            }
          },
          { on: lane?.client },
        ),
      );
      if (unanswered) return this.#unanswered(unanswered.error, ended, delivery);
      await transactions.committed(ended);
      return { kind: 'committed' };
    } catch (error) {
      if (error === STALE) return { kind: 'stale' };
      if (error === OUTSIDE) return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: 0 } };
      if (deadline.reason) return outcomeOf(deadline.reason);
      // Only the connection of this transaction counts as lost: a receiver whose own call elsewhere failed has failed.
      const lost = driver.isConnectionLoss(scopeOfRun?.failure) || (!thrown && driver.isConnectionLoss(error));
      if (lost) return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: RECONNECT_MS } };
      // The receiver was not called, so it has not failed. What does not pass by itself counts all the same: nothing is tried for ever.
      if (!called && isTransient(error)) {
        log.debug({ err: error, deliveryId: delivery.id }, 'the transaction of a receiver could not be begun');
        return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: RECONNECT_MS } };
      }
      // What the receiver threw counts, and not that the ROLLBACK after it failed: it may be a Discard or a RetryAfter.
      return outcomeOf(thrown ? thrown.error : error);
    }
  }

  /**
   * The receiver returned, and nobody knows whether its COMMIT got through: whatever ended the connection, it was not
   * the receiver. The release that is written for it waits for the transaction, and finds out.
   */
  #unanswered(error: unknown, scope: TransactionScope, { id: deliveryId }: ClaimedDelivery): Execution {
    const { log } = this.#parts;
    log.debug({ err: error, deliveryId }, 'the connection was lost during COMMIT');
    const ifCommitted = async (): Promise<void> => {
      try {
        await this.#parts.transactions.committed(scope);
      } catch (failure) {
        log.error({ err: failure, deliveryId }, 'what was to follow the COMMIT of a receiver failed');
      }
    };
    return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: RECONNECT_MS }, ifCommitted };
  }

  async #detached(delivery: ClaimedDelivery, receiver: Receiver, payload: unknown, deadline: Deadline): Promise<Execution> {
    const { registry, ambient, log } = this.#parts;
    const context = contextOf(delivery, receiver, deadline, log);
    await deadline.race(ambient.outside(() => invoke(receiver, registry, payload, context)));
    return { kind: 'outcome', outcome: { kind: 'returned' } };
  }
}

function outcomeOf(error: unknown): Execution {
  const outcome: Outcome = isSignalboxError(error, 'DeliveryAborted') ? { kind: 'interrupted', delayMs: 0 } : { kind: 'threw', error };
  return { kind: 'outcome', outcome };
}
