// afterCommit: callbacks that run once the outermost transaction has committed, for work that may be lost.
import type { Logger } from '../core/logger.ts';
import { SignalboxError } from '../errors.ts';
import { contextOfNow } from '../observe/async-context.ts';
import type { Ambient } from './ambient.ts';
import type { Db } from './ambient-db.ts';
import type { AfterCommit, TransactionScope } from './scope.ts';
import type { Transactions } from './transactions.ts';

/** The time that the transaction call waits for a callback. */
const PATIENCE_MS = 30_000;

export class AfterCommits {
  readonly #ambient: Ambient;
  readonly #transactions: Transactions;
  readonly #ambientDb: Db;
  readonly #log: Logger;

  constructor(ambient: Ambient, transactions: Transactions, ambientDb: Db, log: Logger) {
    this.#ambient = ambient;
    this.#transactions = transactions;
    this.#ambientDb = ambientDb;
    this.#log = log;
  }

  /**
   * The callback runs in the async context of this call, outside of any scope.
   * @throws SignalboxError `NotInTransaction`, `UntrackedTransaction`, `TransactionEnded`
   */
  add(handle: object, callback: AfterCommit): void {
    const ambient = handle === this.#ambientDb;
    const scope = ambient ? this.#ambient.current() : this.#transactions.scopeOf(handle);
    if (!scope)
      throw ambient || !('rollback' in handle)
        ? new SignalboxError(
            'NotInTransaction',
            'afterCommit was called outside a transaction. Call it inside one, or call the function at once.',
          )
        : new SignalboxError(
            'UntrackedTransaction',
            'afterCommit was given a transaction that was not opened through the database object of this box, so its commit cannot be noticed. Open it with that object.',
          );
    scope.enter();
    const within = contextOfNow();
    this.#ambient.innermost(scope).afterCommit.push(() => within(() => this.#ambient.outside(callback)));
  }

  /** Runs the callbacks in order. The commit stands, so an error of one is only logged; so is one that does not end. */
  async run(scope: TransactionScope): Promise<void> {
    for (const callback of scope.afterCommit) {
      const ended = this.#call(callback);
      let timer: NodeJS.Timeout | undefined;
      // A callback may wait for the transaction call, which waits for the callback.
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          this.#log.error({}, `an afterCommit callback has not ended in ${PATIENCE_MS / 1_000} s; nothing waits for it any more`);
          resolve();
        }, PATIENCE_MS);
        // A worker may stop waiting before that, and its process may end.
        timer.unref();
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
    }
  }

  async #call(callback: AfterCommit): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#log.error({ err: error }, 'an afterCommit callback threw; the transaction is committed');
    }
  }
}
