// A promise that knows whether anybody asked for its result: so that a transaction can tell an emit that was handled
// (awaited, caught) from one that was left floating, and fail for the latter.

export class ObservedPromise<T> extends Promise<T> {
  #observed = false;
  #settled = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of<T>(promise: Promise<T>): ObservedPromise<T> {
    const observed = new ObservedPromise<T>((resolve, reject) => void promise.then(resolve, reject));
    // Whoever floats it must not crash the process: the transaction reports it.
    void observed.outcome().then(() => (observed.#settled = true));
    return observed;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  get observed(): boolean {
    return this.#observed;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the override is the point: asking for the result is what is noticed
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observed = true;
    return super.then(onFulfilled, onRejected);
  }

  /** How it ends, without counting as asking. */
  outcome(): Promise<{ ok: true } | { ok: false; error: unknown }> {
    return super.then(
      () => ({ ok: true }) as const,
      (error: unknown) => ({ ok: false, error }) as const,
    );
  }
}
