// emit and emitRobust: the receivers of this process run now, in the caller's process and, if there is one, in the
// caller's transaction. Payloads make the same trip through JSON as stored ones, so that what works here works there.
import type { BatchItem } from '../core/batch.ts';
import type { DetachedDeliveryContext } from '../core/context.ts';
import type { EmitOptions, ReceiverResult } from '../core/dispatcher.ts';
import { decodePayload, encodeHeaders, encodePayload } from '../core/envelope.ts';
import type { Logger } from '../core/logger.ts';
import type { Receiver, Receivers } from '../core/receivers.ts';
import type { Signal } from '../core/signal.ts';
import { type Call as ReceiverCall, callOf } from '../receivers/invoke.ts';
import type { Registry } from '../container/registry.ts';
import { emissionId } from './emission-id.ts';
import type { Place, Places } from './emit-target.ts';

type Call = (receiver: Receiver) => Promise<unknown>;

export interface LocalParts {
  readonly receivers: Receivers;
  readonly registry: Registry;
  readonly places: Places;
  readonly log: Logger;
}

export class LocalDispatch {
  readonly #receivers: Receivers;
  readonly #registry: Registry;
  readonly #places: Places;
  readonly #log: Logger;

  constructor({ receivers, registry, places, log }: LocalParts) {
    this.#receivers = receivers;
    this.#registry = registry;
    this.#places = places;
    this.#log = log;
  }

  async emit(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<void> {
    const call = await this.#prepare(signal, this.#places.find(handle), payload, options, 'joined');
    for (const receiver of this.#receivers.of(signal)) await call(receiver);
  }

  async emitRobust(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<ReceiverResult[]> {
    const call = await this.#prepare(signal, this.#places.find(handle), payload, options, 'apart');
    const results: ReceiverResult[] = [];
    for (const receiver of this.#receivers.of(signal)) {
      try {
        results.push({ receiver: receiver.name, status: 'fulfilled', value: await call(receiver) });
      } catch (reason) {
        this.#log.error({ err: reason, signal: signal.name, receiver: receiver.name }, `${receiver.name} failed in emitRobust`);
        results.push({ receiver: receiver.name, status: 'rejected', reason });
      }
    }
    return results;
  }

  /**
   * How to call a receiver at this place. `'apart'`: each in a savepoint of its own, so that one that fails in a query
   * does not take the caller's transaction along.
   */
  async #prepare(signal: Signal, place: Place, payload: unknown, options: EmitOptions, manner: 'joined' | 'apart'): Promise<Call> {
    const json = await encodePayload(signal, payload);
    encodeHeaders(signal.name, options.headers);
    const emission = { id: emissionId(), signal: signal.name, emittedAt: new Date(), headers: options.headers ?? {} };
    const { signal: abortSignal } = new AbortController();

    return async (receiver) => {
      const decoded = await decodePayload(signal, json, signal.version);
      const context: DetachedDeliveryContext = {
        emission,
        attempt: 1,
        idempotencyKey: `${emission.id}:${receiver.name}`,
        abortSignal,
        log: this.#log.child({ emissionId: emission.id, receiver: receiver.name }),
      };
      // Before a transaction begins.
      const made = await callOf(receiver, this.#registry);
      const call = receiver.batch === undefined ? made : withOne(made);
      if (!receiver.transactional) return call(decoded, context);
      return this.#places.inTransaction(place, manner, async (tx) => call(decoded, { ...context, tx }));
    };
  }
}

/** Calls a receiver of batches with a batch of one. @throws what that one was given up for */
function withOne(call: ReceiverCall): ReceiverCall {
  return async (payload, context) => {
    const { emission, attempt, idempotencyKey, abortSignal, log, ...rest } = context as DetachedDeliveryContext & { readonly tx?: unknown };
    const failures: unknown[] = [];
    const fail = (error: unknown): void => void failures.push(error);
    const item: BatchItem<unknown> = { payload, emission, attempt, idempotencyKey, log, fail };
    const value = await call([item], { ...rest, abortSignal, log });
    if (failures.length > 0) throw failures[0];
    return value;
  };
}
