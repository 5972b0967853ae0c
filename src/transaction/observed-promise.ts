// A promise that knows whether its result was requested. So a transaction distinguishes an emit that was handled
// (awaited, caught) from one that was left floating, and fails if the latter fails.

export class ObservedPromise<T> extends Promise<T> {
  #observed = false;
  #settled = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of<T>(promise: Promise<T>): ObservedPromise<T> {
    const observed = new ObservedPromise<T>((resolve, reject) => void promise.then(resolve, reject));
    // A floating rejection must not crash the process: the transaction reports it.
    void observed.outcome().then(() => (observed.#settled = true));
    return observed;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  get observed(): boolean {
    return this.#observed;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the override is the point: a request for the result is noticed here
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observed = true;
    return super.then(onFulfilled, onRejected);
  }

  /** The outcome. Calling this does not count as a request for the result. */
  outcome(): Promise<{ ok: true } | { ok: false; error: unknown }> {
    return super.then(
      () => ({ ok: true }) as const,
      (error: unknown) => ({ ok: false, error }) as const,
    );
  }
}
