// emit and emitRobust: run the receivers of this process at once, in the caller's transaction if there is one. Payloads
// make the same trip through JSON as stored ones, so that a payload that works here also works when it is stored.
import type { BatchItem } from '../core/batch.ts';
import type { DetachedDeliveryContext } from '../core/context.ts';
import type { EmitOptions, ReceiverResult } from '../core/dispatcher.ts';
import type { ComposedEmit, ComposedReceive } from '../core/compose.ts';
import { decodePayload, encodeHeaders, encodePayload } from '../core/envelope.ts';
import type { Logger } from '../core/logger.ts';
import type { Receiver, Receivers } from '../core/receivers.ts';
import type { Signal } from '../core/signal.ts';
import { type Call as ReceiverCall, callOf } from '../receivers/invoke.ts';
import type { Registry } from '../container/registry.ts';
import { emissionId } from './emission-id.ts';
import type { Place, Places } from './emit-target.ts';

type Call = (receiver: Receiver) => Promise<unknown>;
type Headers = Readonly<Record<string, string>>;

export interface LocalParts {
  readonly receivers: Receivers;
  readonly registry: Registry;
  readonly places: Places;
  readonly log: Logger;
  /** The hooks of the extensions, if there are any. */
  readonly aroundEmit?: ComposedEmit | undefined;
  readonly aroundReceive?: ComposedReceive | undefined;
}

export class LocalDispatch {
  readonly #receivers: Receivers;
  readonly #registry: Registry;
  readonly #places: Places;
  readonly #log: Logger;
  readonly #aroundEmit: ComposedEmit | undefined;
  readonly #aroundReceive: ComposedReceive | undefined;

  constructor({ receivers, registry, places, log, aroundEmit, aroundReceive }: LocalParts) {
    this.#aroundEmit = aroundEmit;
    this.#aroundReceive = aroundReceive;
    this.#receivers = receivers;
    this.#registry = registry;
    this.#places = places;
    this.#log = log;
  }

  async emit(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<void> {
    const place = this.#places.find(handle);
    await this.#around('emit', signal, payload, options, (headers) => this.#emit(signal, place, payload, headers));
  }

  async emitRobust(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<ReceiverResult[]> {
    const place = this.#places.find(handle);
    return this.#around('emitRobust', signal, payload, options, (headers) => this.#emitRobust(signal, place, payload, headers));
  }

  async #around<T>(
    kind: 'emit' | 'emitRobust',
    signal: Signal,
    payload: unknown,
    { headers = {} }: EmitOptions,
    emit: (headers: Headers) => Promise<T>,
  ): Promise<T> {
    if (this.#aroundEmit === undefined) return emit(headers);
    let result!: T;
    await this.#aroundEmit({ kind, signal: signal.name, payloads: [payload], headers }, async (merged) => {
      result = await emit(merged);
      // Nothing is stored.
      return [];
    });
    return result;
  }

  async #emit(signal: Signal, place: Place, payload: unknown, headers: Headers): Promise<void> {
    const call = await this.#prepare(signal, place, payload, headers, 'joined');
    for (const receiver of this.#receivers.of(signal)) await call(receiver);
  }

  async #emitRobust(signal: Signal, place: Place, payload: unknown, headers: Headers): Promise<ReceiverResult[]> {
    const call = await this.#prepare(signal, place, payload, headers, 'apart');
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
   * Prepares the calls of receivers at this place. `'apart'`: each in a savepoint of its own, so that a failed query of
   * one does not fail the caller's transaction.
   */
  async #prepare(signal: Signal, place: Place, payload: unknown, headers: Headers, manner: 'joined' | 'apart'): Promise<Call> {
    const json = await encodePayload(signal, payload);
    encodeHeaders(signal.name, headers);
    const emission = { id: emissionId(), signal: signal.name, emittedAt: new Date(), headers };
    const { signal: abortSignal } = new AbortController();

    return async (receiver) => {
      const decoded = await decodePayload(signal, json, signal.version);
      const context: DetachedDeliveryContext = {
        emission,
        attempt: 1,
        replayed: false,
        idempotencyKey: `${emission.id}:${receiver.name}`,
        abortSignal,
        log: this.#log.child({ emissionId: emission.id, receiver: receiver.name }),
      };
      // The service is made before a transaction begins.
      const made = await callOf(receiver, this.#registry, this.#aroundReceive);
      const call = receiver.batch === undefined ? made : withOne(made);
      if (!receiver.transactional) return call(decoded, context);
      return this.#places.inTransaction(place, manner, async (tx) => call(decoded, { ...context, tx }));
    };
  }
}

/** Calls a receiver of batches with a batch of one. @throws the error that the receiver reported with `fail` */
function withOne(call: ReceiverCall): ReceiverCall {
  return async (payload, context) => {
    const { emission, attempt, replayed, idempotencyKey, abortSignal, log, ...rest } = context as DetachedDeliveryContext & {
      readonly tx?: unknown;
    };
    const failures: unknown[] = [];
    const fail = (error: unknown): void => void failures.push(error);
    const item: BatchItem<unknown> = { payload, emission, attempt, replayed, idempotencyKey, log, fail };
    const value = await call([item], { ...rest, abortSignal, log });
    if (failures.length > 0) throw failures[0];
    return value;
  };
}
