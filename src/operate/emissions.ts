// box.emissions: methods about one emission as a whole.
import { WAIT_OPTIONS, type WaitOptions } from '../core/abort.ts';
import { checkOptions, checkValue } from '../core/options.ts';
import { uuid } from '../core/rules.ts';
import type { Delivery } from '../store/operations/delivery.ts';
import type { OperationsStore } from '../store/operations/operations.ts';
import { isOf, refuseInside } from '../transaction/call.ts';
import type { Caused } from './causes.ts';
import type { EmissionDetails, Reads } from './reads.ts';
import { untilSettled } from './until-settled.ts';

/** Whether a box can still be used. */
export interface Openness {
  /** @throws SignalboxError `BoxClosed` */
  assertOpen(): void;
}

/** The emissions of a database. */
export class Emissions {
  readonly #store: OperationsStore;
  readonly #reads: Reads;
  readonly #box: Openness;

  /** @internal Made by the box. */
  constructor(store: OperationsStore, reads: Reads, box: Openness) {
    this.#reads = reads;
    this.#store = store;
    this.#box = box;
  }

  /**
   * Waits until every delivery of an emission is completed, dead or cancelled; returns them, the latest first. Call it
   * after the commit: before that, there is no such emission. An emission that reached no receiver is settled at once,
   * with no deliveries.
   * @throws SignalboxError `EmissionNotFound`, `InvalidOption`, `WaitsForItself`, `BoxClosed` also when the box is
   *   closed meanwhile; and the reason of `abortSignal` when that is aborted
   */
  async settled(emissionId: string, options: WaitOptions = {}): Promise<Delivery[]> {
    this.#box.assertOpen();
    checkValue(emissionId, uuid, 'emissions.settled', 'the emission');
    checkOptions(options, WAIT_OPTIONS, 'emissions.settled');
    refuseInside('emissions.settled() of its own emission', isOf(emissionId));
    await untilSettled(this.#store, emissionId, this.#box, options.abortSignal);
    return this.#reads.settledOf(emissionId);
  }

  /**
   * One emission with its payload and its deliveries: by its id, or by the idempotency key that one of its receivers passed on.
   * @throws SignalboxError `EmissionNotFound`, `InvalidOption`, `BoxClosed`
   */
  async get(idOrKey: string): Promise<EmissionDetails> {
    this.#box.assertOpen();
    return this.#reads.emission(idOrKey);
  }

  /**
   * What an emission has caused: the emissions that its receivers emitted, those that their receivers emitted, and so on, 200 at most, ten
   * levels deep. It is empty for one that was pruned with what it caused, or that is not there.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   */
  async caused(emissionId: string): Promise<Caused> {
    this.#box.assertOpen();
    return this.#reads.caused(emissionId);
  }
}
