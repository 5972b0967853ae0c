// Claims deliveries for one worker: which receivers it serves, in which order, under which lease.
import type { Receiver } from '../../core/receivers.ts';
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { Claimable, ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { Store } from '../../store/store.ts';
import { groupsOf } from './batching.ts';
import type { Horizon } from './scan-window.ts';
import type { Lease } from '../../liveness/lease.ts';
import type { Pauses } from '../running/pauses.ts';
import { ladenAfter, runningOrder, serviceOrder } from './service-order.ts';

interface TakeOptions {
  readonly aheadMs?: number;
  readonly alone?: boolean;
}

const NONE: ReadonlySet<Receiver> = new Set();

export class Claims {
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #lease: Lease;
  readonly #queues: readonly string[] | undefined;
  #turn = 0;
  readonly #horizon: Horizon | undefined;
  readonly #pauses: Pauses;
  /** The paused receivers of which the claim under way may take one. Of one that is paused meanwhile it takes what is to be given back. */
  #probed: ReadonlySet<Receiver> = NONE;
  /** When it was asked last which receivers are paused. */
  #askedAt = 0;
  #leftSome = false;
  #laden: ReadonlySet<number> = new Set();
  #lookedBack = true;

  /** @param queues `undefined`: all @param horizon for a worker that claims again and again */
  constructor(store: Store, catalogue: Catalogue, lease: Lease, pauses: Pauses, queues?: readonly string[], horizon?: Horizon) {
    this.#store = store;
    this.#pauses = pauses;
    this.#catalogue = catalogue;
    this.#lease = lease;
    this.#queues = queues;
    this.#horizon = horizon;
  }

  /** Whether the last look may have left something that is due. */
  get leftSome(): boolean {
    return this.#leftSome;
  }

  /** How many deliveries one call of a receiver may take; 0 if none takes batches. */
  get largestBatch(): number {
    return Math.max(0, ...this.#entries().map(([, { batch = 0 }]) => batch));
  }

  /** What was claimed, as it is to be run: in calls of receivers. */
  groups(claimed: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
    const entries = this.#catalogue.entries();
    return groupsOf(claimed, ({ receiverId }) => entries.get(receiverId));
  }

  /** Whether the last look was for all that is due, however long it has been. */
  get lookedBack(): boolean {
    return this.#lookedBack;
  }

  /** The time until a look is for all. */
  get lookBackInMs(): number {
    return this.#horizon?.waitMs(performance.now()) ?? 0;
  }

  /**
   * Takes up to `free` due deliveries.
   * @param options `aheadMs`: also those that are due within this time; `alone`: nothing runs, so that one may be taken which must run alone
   */
  async take(free: number, options: TakeOptions = {}): Promise<ClaimedDelivery[]> {
    // Receivers may have been connected since the worker started.
    await this.#catalogue.announce();
    const claimable = this.#claimable(free);
    const claimed = claimable.length === 0 ? [] : await this.#claim(claimable, free, options);
    this.#laden = ladenAfter(claimed, claimable, free, this.#laden);
    this.#leftSome = claimed.length > 0 && (claimed.length >= free || this.#laden.size > 0);
    const entries = this.#catalogue.entries();
    if (this.#probed.size > 0)
      for (const delivery of claimed) {
        const receiver = entries.get(delivery.receiverId);
        if (receiver && this.#probed.has(receiver)) this.#pauses.probing(receiver, delivery);
      }
    return claimable.length < 2 ? claimed : runningOrder(claimed, (id) => entries.get(id)?.priority ?? 0);
  }

  /** Whether a suspect waits, which must run alone. */
  async hasSuspect(aheadMs = 0): Promise<boolean> {
    return this.#store.deliveries.hasSuspect(this.#claimable(1), aheadMs);
  }

  /** Takes the due deliveries of given emissions. */
  async takeOf(emissionIds: readonly string[]): Promise<ClaimedDelivery[]> {
    await this.#catalogue.announce();
    const claimable = this.#claimable(1);
    return claimable.length === 0 ? [] : this.#store.deliveries.claimEmissions(this.#lease.workerId, claimable, emissionIds);
  }

  /**
   * Gives back what this worker holds and does not run: the answer to its claim was lost on the way. Not while a claim is
   * under way. What has ended since it was read, or is somebody else's, keeps its state: release is guarded by the claim.
   */
  async returnStrays(holds: (claim: ClaimRef) => boolean): Promise<void> {
    const held = await this.#store.deliveries.heldDeliveries(this.#lease.workerId);
    await this.giveBack(held.filter((claim) => !holds(claim)));
  }

  /** Gives back what was not started. */
  async giveBack(claims: readonly ClaimRef[]): Promise<void> {
    if (claims.length > 0)
      await this.#store.deliveries.release(claims.map(({ id, epoch, workerId }) => ({ id, epoch, workerId, delayMs: 0 })));
  }

  async #claim(claimable: readonly Claimable[], free: number, options: TakeOptions): Promise<ClaimedDelivery[]> {
    const horizon = this.#horizon;
    const begun = performance.now();
    const lookedBack = horizon?.looksBack(begun) ?? true;
    const wanted = lookedBack ? claimable : claimable.map((one) => ({ ...one, since: horizon!.since(one.receiverId) }));
    const claimed = await this.#store.deliveries.claim(this.#lease.workerId, wanted, free, options);
    const now = performance.now();
    horizon?.claimed(claimed, { lookedBack, tookMs: now - begun, now });
    this.#lookedBack = lookedBack;
    return claimed;
  }

  #claimable(free: number): Claimable[] {
    const inOrder = serviceOrder(this.#entries(), free, this.#turn++, this.#laden);
    this.#probed = NONE;
    return this.#pauses.isEmpty ? inOrder : this.#withoutPaused(inOrder);
  }

  /** One of each paused receiver whose probe is due, be it under several names. */
  #withoutPaused(inOrder: readonly Claimable[]): Claimable[] {
    const now = (this.#askedAt = performance.now());
    const entries = this.#catalogue.entries();
    const probed = new Set<Receiver>();
    this.#probed = probed;
    return inOrder.flatMap((one) => {
      const receiver = entries.get(one.receiverId)!;
      const allowance = probed.has(receiver) ? 0 : this.#pauses.allowance(receiver, now);
      if (allowance === Infinity) return [one];
      if (allowance > 0) probed.add(receiver);
      return allowance > 0 ? [{ ...one, free: allowance }] : [];
    });
  }

  /** The time until a paused receiver may be probed that could not be at the last claim. */
  get probeInMs(): number {
    return this.#pauses.isEmpty ? Infinity : this.#pauses.waitMs(this.#askedAt, performance.now());
  }

  /** Whether what was claimed is to be given back unrun: its receiver was paused meanwhile. */
  holdsBack(delivery: ClaimedDelivery): boolean {
    return !this.#pauses.isEmpty && this.#pauses.holdsBack(this.#catalogue.entries().get(delivery.receiverId), delivery);
  }

  /** The receivers that it serves. */
  #entries(): [id: number, receiver: Receiver][] {
    return [...this.#catalogue.entries()].filter(([, { queue }]) => this.#queues?.includes(queue) ?? true);
  }
}
