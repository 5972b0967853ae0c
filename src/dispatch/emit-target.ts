// Decides, once for all emits, what kind of handle an emit was given: a tracked transaction, another transaction, or a
// database.
import type { DatabaseHandle, TransactionHandle } from '../core/handles.ts';
import type { Client } from '../drivers/driver.ts';
import type { Ambient } from '../transaction/ambient.ts';
import type { Db } from '../transaction/ambient-db.ts';
import { clientOf } from '../transaction/drizzle-handle.ts';
import type { OutsideWatch } from '../transaction/outside-writes.ts';
import type { TransactionScope } from '../transaction/scope.ts';
import type { Transactions } from '../transaction/transactions.ts';

export type Place =
  /** A tracked transaction: the innermost open scope at this point. */
  | { readonly kind: 'scope'; readonly scope: TransactionScope }
  /** A transaction that was opened past the tracked object. */
  | { readonly kind: 'untracked'; readonly tx: TransactionHandle; readonly client: Client }
  /** A database, outside of any transaction. */
  | { readonly kind: 'database' };

export class Places {
  readonly #db: DatabaseHandle;
  readonly #ambientDb: Db;
  readonly #ambient: Ambient;
  readonly #transactions: Transactions;
  readonly #outside: OutsideWatch;

  constructor(db: DatabaseHandle, ambientDb: Db, ambient: Ambient, transactions: Transactions, outside: OutsideWatch) {
    this.#outside = outside;
    this.#db = db;
    this.#ambientDb = ambientDb;
    this.#ambient = ambient;
    this.#transactions = transactions;
  }

  /** @throws SignalboxError `TransactionEnded` */
  find(handle: object): Place {
    const tracked = handle === this.#ambientDb ? this.#ambient.current() : this.#transactions.scopeOf(handle);
    if (tracked) {
      tracked.enter();
      return { kind: 'scope', scope: this.#ambient.innermost(tracked) };
    }
    const client = clientOf(handle);
    if (handle === this.#db || handle === this.#ambientDb || !client || !isTransaction(handle)) return { kind: 'database' };
    return { kind: 'untracked', tx: handle, client };
  }

  /** Runs `work` with a transaction: that of the place, a savepoint of it (`'apart'`), or a new one. */
  async inTransaction(place: Place, manner: 'joined' | 'apart', work: (tx: TransactionHandle) => Promise<unknown>): Promise<unknown> {
    switch (place.kind) {
      case 'scope':
        return manner === 'apart' ? place.scope.nest!(work) : work(place.scope.tx!);
      case 'untracked':
        return manner === 'apart' ? savepointOf(place.tx, work) : work(place.tx);
      case 'database':
        this.#outside.notice('emit(db)');
        return this.#transactions.run(work);
      default:
        return place satisfies never;
    }
  }
}

const isTransaction = (handle: object): handle is TransactionHandle => 'rollback' in handle && typeof handle.rollback === 'function';

async function savepointOf(tx: TransactionHandle, work: (tx: TransactionHandle) => Promise<unknown>): Promise<unknown> {
  return (tx as unknown as { transaction(work: (tx: TransactionHandle) => Promise<unknown>): Promise<unknown> }).transaction(work);
}
