// box.deliveries: reads deliveries and acts on them.
import { errorRecord, SETTLED_STATES } from '../core/delivery.ts';
import { checkOptions, checkValue, type OptionTable, type Rule } from '../core/options.ts';
import { Discard } from '../core/outcome.ts';
import { text, uuid } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { Events } from '../observe/events.ts';
import { isOf, refuseInside } from '../transaction/call.ts';
import { type Act, type ActOptions, type Audit, byOf } from './audit.ts';
import type { Openness } from './emissions.ts';
import type { DeliveryFilter } from './filter.ts';
import type { DeadGroups, DeliveryCount, DeliveryPage, PageOptions } from './paging.ts';
import type { DeliveryDetails, OneDelivery, Reads } from './reads.ts';
import type { DeliveryAddress } from '../store/operations/delivery.ts';
import type { OperationsStore } from '../store/operations/operations.ts';

const ADDRESS: OptionTable<DeliveryAddress> = { emissionId: uuid, receiver: text };

const reason: Rule = { wants: 'a text', accepts: (value) => typeof value === 'string' };

const addressed = ({ emissionId, receiver = '' }: DeliveryAddress): { emissionId: string; receiver: string } => ({ emissionId, receiver });

/** Deliveries, for operators: the state of each delivery of an emission, and acts on them. */
export class Deliveries {
  readonly #store: OperationsStore;
  readonly #reads: Reads;
  readonly #box: Openness;
  readonly #events: Events;
  readonly #audit: Audit;

  /** @internal Made by the box. */
  constructor(store: OperationsStore, reads: Reads, box: Openness, events: Events, audit: Audit) {
    this.#reads = reads;
    this.#events = events;
    this.#audit = audit;
    this.#store = store;
    this.#box = box;
  }

  /**
   * A page of the deliveries that match, without payloads: by default the latest emission first; dead and cancelled ones by their end;
   * waiting ones of a receiver by the time at which they are due.
   * @throws SignalboxError `InvalidOption`, also for a cursor of another order and a payload path that is redacted; `BoxClosed`
   * @example const { deliveries, cursor } = await box.deliveries.page({ states: ['dead'], receiver: 'Orders.onPaid' });
   */
  async page(filter: DeliveryFilter = {}, options: PageOptions = {}): Promise<DeliveryPage> {
    this.#box.assertOpen();
    return this.#reads.page(filter, options);
  }

  /**
   * One delivery with its payload, the stacks of its errors, its worker and the other deliveries of its emission: by emission and
   * receiver, by its own id, or by the idempotency key that its receiver passed on. No index has the ids of completed ones: by its id, one
   * of them is found among the 50,000 latest alone.
   * @throws SignalboxError `DeliveryNotFound`, `InvalidOption`, `BoxClosed`
   */
  async get(which: OneDelivery | string): Promise<DeliveryDetails> {
    this.#box.assertOpen();
    return this.#reads.get(which);
  }

  /** How many deliveries match, up to 1,000. @throws SignalboxError `InvalidOption`, `BoxClosed` */
  async count(filter: DeliveryFilter = {}): Promise<DeliveryCount> {
    this.#box.assertOpen();
    return this.#reads.count(filter);
  }

  /**
   * The latest 1,000 dead deliveries that match, by receiver, name of the error and the first 80 characters of its message.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   */
  async groups(filter: Omit<DeliveryFilter, 'states'> = {}): Promise<DeadGroups> {
    this.#box.assertOpen();
    return this.#reads.groups(filter);
  }

  /**
   * Tries again: dead and cancelled deliveries are ready again with a fresh budget, waiting ones are due now. Each
   * keeps its idempotency key. Returns the ids of the changed deliveries. @throws SignalboxError `InvalidOption`
   */
  async retry(address: DeliveryAddress, options: ActOptions = {}): Promise<string[]> {
    const act = this.#actOn(address, 'retry', options);
    const deliveryIds = await this.#record(act, async () => [
      ...(await this.#store.requeue(address, ['dead', 'cancelled'], 0)),
      ...(await this.#store.makeDue(address)),
    ]);
    this.#events.raiseNeutrally('operator.retried', { ...addressed(address), deliveryIds, by: act.by });
    return deliveryIds;
  }

  /**
   * Runs settled deliveries once more from the start, also completed ones: as a new generation, with a new idempotency
   * key. For a receiver that was wrong. Returns the ids of the changed deliveries. @throws SignalboxError
   * `InvalidOption`
   */
  async replay(address: DeliveryAddress, options: ActOptions = {}): Promise<string[]> {
    const act = this.#actOn(address, 'replay', options);
    const deliveryIds = await this.#record(act, () => this.#store.requeue(address, SETTLED_STATES, 1));
    this.#events.raiseNeutrally('operator.replayed', { ...addressed(address), deliveryIds, by: act.by });
    return deliveryIds;
  }

  /**
   * Ends waiting, running and dead deliveries as `cancelled`. It waits for a receiver whose transaction is about to
   * commit; if that commits, the delivery is completed. Returns the ids of the cancelled deliveries.
   * @throws SignalboxError `InvalidOption`; `WaitsForItself` in the receiver of such a delivery, which can throw
   *   `Discard`
   */
  async cancel(address: DeliveryAddress, because = 'Cancelled by an operator.', options: ActOptions = {}): Promise<string[]> {
    const act = this.#actOn(address, 'cancel', options);
    checkValue(because, reason, 'deliveries.cancel', 'its reason');
    // The receiver's own transaction holds a lock on the delivery until it ends.
    refuseInside(
      'deliveries.cancel() of its own delivery',
      (call) =>
        call.receiver.transactional && (address.receiver ?? call.receiver.name) === call.receiver.name && isOf(address.emissionId)(call),
    );
    const { name, message } = errorRecord(new Discard(because));
    const deliveryIds = await this.#record(act, () => this.#store.cancel(address, { name, message }));
    this.#events.raiseNeutrally('operator.cancelled', { ...addressed(address), deliveryIds, reason: message, by: act.by });
    return deliveryIds;
  }

  /** What the audit has of an act. Its two writes stand around it. */
  #actOn(address: DeliveryAddress, verb: 'retry' | 'replay' | 'cancel', options: ActOptions): Act {
    this.#check(address, verb);
    const { emissionId, receiver } = address;
    return {
      by: byOf(options, `deliveries.${verb}`),
      act: verb,
      about: receiver === undefined ? { emissionId } : { emissionId, receiver },
    };
  }

  async #record(act: Act, work: () => Promise<string[]>): Promise<string[]> {
    return this.#audit.record(act, work, ({ length }) => ({ done: length }));
  }

  /**
   * Refuses a `receiver` that is present but undefined: most likely a variable lacks its value, and the act would widen
   * to all receivers.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   */
  #check(address: DeliveryAddress, act: string): void {
    this.#box.assertOpen();
    checkOptions(address, ADDRESS, `deliveries.${act}`, { required: ['emissionId'] });
    if ('receiver' in address && address.receiver === undefined)
      throw new SignalboxError(
        'InvalidOption',
        `deliveries.${act}: receiver is undefined. Give its stored name, or leave it out for all receivers.`,
      );
  }
}
