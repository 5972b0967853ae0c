// The transaction that the running code is in, carried by AsyncLocalStorage, separately for each box.
import { AsyncLocalStorage } from 'node:async_hooks';
import { neutrally } from '../observe/async-context.ts';
import { type Call, inCall } from './call.ts';
import type { TransactionScope } from './scope.ts';

export class Ambient {
  readonly #storage = new AsyncLocalStorage<TransactionScope | undefined>();

  /** The scope of the running code, open or not; `undefined` outside of any. */
  current(): TransactionScope | undefined {
    return this.#storage.getStore();
  }

  run<T>(scope: TransactionScope, work: () => T): T {
    return this.#storage.run(scope, work);
  }

  /** Runs `work` outside of any scope, in the caller's async context. */
  outside<T>(work: () => T): T {
    return this.#storage.getStore() === undefined ? work() : this.#storage.run(undefined, work);
  }

  /**
   * Runs `work` outside of any scope and of any async context: for loops, timers and receivers, which outlive their
   * caller.
   */
  neutrally<T>(work: () => T): T {
    return neutrally(() => this.outside(work));
  }

  /** As {@link neutrally}, but as a part of a call, if there is one: for work that the receiver waits for. */
  neutrallyIn<T>(call: Call | undefined, work: () => T): T {
    return this.neutrally(() => (call ? inCall(call, work) : work()));
  }

  /**
   * The innermost open scope for work on the handle of `scope`: a savepoint inside it, if the running code is in one.
   * (The server puts every statement of the connection into its innermost savepoint, whichever handle sends it.)
   */
  innermost(scope: TransactionScope): TransactionScope {
    for (let at = this.current(); at; at = at.parent) if (at.isOpen && at.isWithin(scope)) return at;
    return scope;
  }
}
