// box.deliveries: looking at deliveries and acting on them, from code.
import { errorRecord, LIVE_STATES, SETTLED_STATES, type DeliveryState } from '../core/delivery.ts';
import { Discard } from '../core/outcome.ts';
import { SignalboxError } from '../errors.ts';
import type { Delivery, DeliveryAddress, OperationsStore } from '../store/operations-store.ts';

/** Which deliveries to find: those that match all that is given. */
export interface DeliveryFilter {
  /** Default: all states. Without an emission, `completed` reads the whole table. */
  states?: readonly DeliveryState[];
  /** A UUID, as `id` of the receipt. */
  emissionId?: string;
  /** The stored name. */
  receiver?: string;
  /** The name of the signal. */
  signal?: string;
  /** The last id of the page before: deliveries come with the latest first. */
  beforeId?: string;
  /** 1 to 1000. Default 100. */
  limit?: number;
}

const STATES: readonly DeliveryState[] = [...LIVE_STATES, ...SETTLED_STATES];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Deliveries for operators: what happened to an emission, and another try for what failed. */
export class Deliveries {
  readonly #store: OperationsStore;

  /** @internal Made by the box. */
  constructor(store: OperationsStore) {
    this.#store = store;
  }

  /** Deliveries that match, the latest first, with their errors and without payloads. @throws SignalboxError `InvalidOption` */
  async find(filter: DeliveryFilter = {}): Promise<Delivery[]> {
    const { states = STATES, emissionId, receiver, signal, beforeId, limit = 100 } = filter;
    const unknown = states.filter((state) => !STATES.includes(state));
    if (unknown.length > 0) throw wrong(`there is no state ${unknown.join(', ')}; the states are ${STATES.join(', ')}`);
    if (emissionId !== undefined && !UUID.test(emissionId)) throw wrong(`emissionId is ${JSON.stringify(emissionId)}; give a UUID`);
    if (beforeId !== undefined && !/^\d{1,18}$/.test(beforeId))
      throw wrong(`beforeId is ${JSON.stringify(beforeId)}; give the id of a delivery`);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw wrong(`limit is ${limit}; give a whole number from 1 to 1000`);
    return this.#store.find({ states, emissionId, receiver, signal, beforeId, limit });
  }

  /**
   * Another try: dead and cancelled deliveries are ready again with a fresh budget, waiting ones are due now. Each
   * keeps its idempotency key. Returns the ids of those that changed. @throws SignalboxError `InvalidOption`
   */
  async retry(address: DeliveryAddress): Promise<string[]> {
    check(address);
    return [...(await this.#store.revive(address, ['dead', 'cancelled'], 0)), ...(await this.#store.hurry(address))];
  }

  /**
   * Once more from the start, also what is completed: as a new generation, with a new idempotency key. For a receiver
   * that was wrong. Returns the ids of those that changed. @throws SignalboxError `InvalidOption`
   */
  async replay(address: DeliveryAddress): Promise<string[]> {
    check(address);
    return this.#store.revive(address, SETTLED_STATES, 1);
  }

  /**
   * Ends what waits or runs as `cancelled`, and so lays to rest what is dead; a receiver whose transaction is about to commit
   * is waited for, and wins. Returns the ids of those that were cancelled. @throws SignalboxError `InvalidOption`
   */
  async cancel(address: DeliveryAddress, reason = 'Cancelled by an operator.'): Promise<string[]> {
    check(address);
    const { name, message } = errorRecord(new Discard(reason));
    return this.#store.cancel(address, { name, message });
  }
}

function check({ emissionId }: DeliveryAddress): void {
  if (typeof emissionId !== 'string' || !UUID.test(emissionId)) throw wrong(`emissionId is ${JSON.stringify(emissionId)}; give a UUID`);
}

const wrong = (what: string): SignalboxError => new SignalboxError('InvalidOption', `deliveries: ${what}.`);
