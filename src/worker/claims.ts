// Claims deliveries for one worker: which receivers it serves, in which order, under which lease.
import type { Catalogue } from '../store/catalogue.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import type { Lease } from './lease.ts';
import { serviceOrder } from './service-order.ts';

export class Claims {
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #lease: Lease;
  readonly #queues: readonly string[] | undefined;
  #turn = 0;

  /** @param queues `undefined`: all */
  constructor(store: Store, catalogue: Catalogue, lease: Lease, queues?: readonly string[]) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#lease = lease;
    this.#queues = queues;
  }

  /**
   * Takes up to `free` due deliveries.
   * @param options `aheadMs`: also those that are due within this time; `alone`: nothing runs, so that one may be taken which must run alone
   */
  async take(free: number, options: { readonly aheadMs?: number; readonly alone?: boolean } = {}): Promise<ClaimedDelivery[]> {
    // Receivers may have been connected since the worker started.
    await this.#catalogue.announce();
    const claimable = this.#claimable(free);
    return claimable.length === 0 ? [] : this.#store.claim(this.#lease.workerId, claimable, free, options);
  }

  /** Whether one waits that must run alone. */
  async hasLonely(): Promise<boolean> {
    return this.#store.hasLonely(this.#claimable(1));
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
  async returnStrays(runs: (id: string) => boolean): Promise<void> {
    const held = await this.#store.heldDeliveries(this.#lease.workerId);
    const strays = held.filter(({ id }) => !runs(id)).map(({ id, epoch }) => ({ id, epoch, delayMs: 0 }));
    if (strays.length > 0) await this.#store.release(strays);
  }

  #claimable(free: number): ReturnType<typeof serviceOrder> {
    const entries = [...this.#catalogue.entries()].filter(([, { queue }]) => this.#queues?.includes(queue) ?? true);
    return serviceOrder(entries, free, this.#turn++);
  }
}
