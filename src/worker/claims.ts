// Claims deliveries for one worker: which receivers it serves, in which order, under which lease.
import type { Catalogue } from '../store/catalogue.ts';
import type { ClaimedDelivery, ClaimRef, Store } from '../store/store.ts';
import type { Lease } from './lease.ts';
import { leavesSome, runningOrder, serviceOrder } from './service-order.ts';

export class Claims {
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #lease: Lease;
  readonly #queues: readonly string[] | undefined;
  #turn = 0;
  #leftSome = false;

  /** @param queues `undefined`: all */
  constructor(store: Store, catalogue: Catalogue, lease: Lease, queues?: readonly string[]) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#lease = lease;
    this.#queues = queues;
  }

  /** The id under which it claims now. */
  get workerId(): number {
    return this.#lease.workerId;
  }

  /** Whether the last look may have left something that is due. */
  get leftSome(): boolean {
    return this.#leftSome;
  }

  /**
   * Takes up to `free` due deliveries.
   * @param options `aheadMs`: also those that are due within this time; `alone`: nothing runs, so that one may be taken which must run alone
   */
  async take(free: number, options: { readonly aheadMs?: number; readonly alone?: boolean } = {}): Promise<ClaimedDelivery[]> {
    // Receivers may have been connected since the worker started.
    await this.#catalogue.announce();
    const claimable = this.#claimable(free);
    const claimed = claimable.length === 0 ? [] : await this.#store.claim(this.#lease.workerId, claimable, free, options);
    this.#leftSome = claimed.length > 0 && leavesSome(claimed, claimable, free);
    const entries = this.#catalogue.entries();
    return claimable.length < 2 ? claimed : runningOrder(claimed, (id) => entries.get(id)?.priority ?? 0);
  }

  /** Whether a suspect waits, which must run alone. */
  async hasSuspect(): Promise<boolean> {
    return this.#store.hasSuspect(this.#claimable(1));
  }

  /** Takes the due deliveries of given emissions. */
  async takeOf(emissionIds: readonly string[]): Promise<ClaimedDelivery[]> {
    await this.#catalogue.announce();
    const claimable = this.#claimable(1);
    return claimable.length === 0 ? [] : this.#store.claimEmissions(this.#lease.workerId, claimable, emissionIds);
  }

  /**
   * Gives back what this worker holds and does not run: the answer to its claim was lost on the way. Not while a claim is
   * under way. What has ended since it was read, or is somebody else's, keeps its state: release is guarded by the epoch.
   */
  async returnStrays(holds: (claim: ClaimRef) => boolean): Promise<void> {
    const held = await this.#store.heldDeliveries(this.#lease.workerId);
    await this.giveBack(held.filter((claim) => !holds(claim)));
  }

  /** Gives back what was not started. */
  async giveBack(claims: readonly ClaimRef[]): Promise<void> {
    if (claims.length > 0) await this.#store.release(claims.map(({ id, epoch }) => ({ id, epoch, delayMs: 0 })));
  }

  #claimable(free: number): ReturnType<typeof serviceOrder> {
    const entries = [...this.#catalogue.entries()].filter(([, { queue }]) => this.#queues?.includes(queue) ?? true);
    return serviceOrder(entries, free, this.#turn++);
  }
}
