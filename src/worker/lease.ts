// A worker's life as others see it: one row with a lease, renewed by one statement well before it is over. Whoever does
// not renew is dead to the others, and what it holds is taken back.
import type { Store } from '../store/store.ts';

export interface LeaseOptions {
  readonly label: string;
  readonly leaseMs: number;
  /** Others found this worker dead; it is enrolled anew under `newWorkerId`. */
  onLost(workerId: number, newWorkerId: number): void;
  onError(error: unknown): void;
  onRenewed(): void;
}

/** Renewals per lease: two may be missed. */
const RENEWALS = 3;

export class Lease {
  readonly #store: Store;
  readonly #options: LeaseOptions;
  #workerId: number;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #ended = false;

  private constructor(store: Store, options: LeaseOptions, workerId: number) {
    this.#store = store;
    this.#options = options;
    this.#workerId = workerId;
    this.#schedule();
  }

  static async enrol(store: Store, options: LeaseOptions): Promise<Lease> {
    return new Lease(store, options, await store.enrolWorker(options.label, options.leaseMs));
  }

  /** Changes when the lease was lost. */
  get workerId(): number {
    return this.#workerId;
  }

  /** Stops renewing and leaves. What the worker still holds is for the others to take, at once. */
  async resign(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#renewing;
    await this.#store.resignWorker(this.#workerId);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew().finally(() => {
        if (!this.#ended) this.#schedule();
      });
    }, this.#options.leaseMs / RENEWALS);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.#store.renewLease(this.#workerId, this.#options.leaseMs))) {
        const lost = this.#workerId;
        this.#workerId = await this.#store.enrolWorker(this.#options.label, this.#options.leaseMs);
        this.#options.onLost(lost, this.#workerId);
      }
      this.#options.onRenewed();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
