// Tracked transactions: `transaction` of the very database object that the box was given is replaced by one that opens
// a scope (scope.ts), so that the plain Drizzle style works everywhere, in third parties' code too.
import type { DatabaseHandle, TransactionHandle } from '../core/handles.ts';
import type { Isolation } from '../core/isolation.ts';
import type { Client, Driver } from '../drivers/driver.ts';
import { isAnswer } from '../drivers/error-kind.ts';
import { isSignalboxError, SignalboxError } from '../errors.ts';
import type { Ambient } from './ambient.ts';
import { clientOf, deriveHandle, handleOn, primaryOf } from './drizzle-handle.ts';
import { TransactionScope, transactionEnded } from './scope.ts';

type Callback<T> = (tx: TransactionHandle, scope: TransactionScope) => T | Promise<T>;
type Open = <T>(callback: (tx: TransactionHandle) => Promise<T>, config?: unknown) => Promise<T>;
type OpenOn = <T>(callback: (tx: TransactionHandle) => Promise<T>, options: AttemptOptions) => Promise<T>;

export interface AttemptOptions {
  /** As Drizzle's `transaction` takes it. */
  readonly config?: unknown;
  /** Given if it differs from the session's default. */
  readonly isolation?: Isolation;
  /** The client on which it is opened, if not the database's own. It begins with the isolation level itself. */
  readonly on?: Client | undefined;
  /** Nothing of the application runs in it, so it begins without the hook. */
  readonly isOwn?: boolean;
}

export interface TransactionHooks {
  /** Before BEGIN, outside of any transaction. */
  beforeBegin(): Promise<void>;
  /** The answer to COMMIT was lost, for this reason. Returns if it got through, throws if not. */
  assertCommitted(scope: TransactionScope, error: unknown): Promise<void>;
}

/** Called after the COMMIT of an outermost transaction, outside of any scope. */
export type Follower = (scope: TransactionScope) => Promise<void>;

/** A transaction whose callback returned, and whose COMMIT was not refused. */
export interface Attempt<T> {
  readonly value: T;
  readonly scope: TransactionScope;
  /** The error, if the answer to COMMIT is missing: then it is unknown whether the COMMIT got through. */
  readonly unanswered?: { readonly error: unknown };
}

/** The longest time from a query that fails with its connection until the driver reports the end of that connection. */
const LOSS_NOTICED_MS = 1_000;

const TRACKED = Symbol.for('signalbox.tracked');

/** The members of a driver that tracked transactions need. */
type TransactionDriver = Pick<Driver, 'openOn' | 'isolatesByConfig' | 'rejectsWhenLost' | 'isConnectionLoss' | 'guard'>;

export class Transactions {
  readonly #driver: TransactionDriver;
  readonly #ambient: Ambient;
  readonly #hooks: TransactionHooks;
  readonly #begin: OpenOn;
  readonly #followers: Follower[] = [];
  /** Restore the objects. */
  readonly #undo: (() => void)[] = [];
  readonly #scopes = new WeakMap<object, TransactionScope>();

  /** Starts tracking. @throws SignalboxError `BoxAlreadyOpen` */
  constructor(db: DatabaseHandle, driver: TransactionDriver, ambient: Ambient, hooks: TransactionHooks) {
    const primary = primaryOf(db);
    const tracking = new Set([db, primary]);
    if ([...tracking].some((handle) => TRACKED in handle))
      throw new SignalboxError(
        'BoxAlreadyOpen',
        'This database object already belongs to an open box. Use that box, close() it first, or make a second object with drizzle({ client }).',
      );
    this.#driver = driver;
    this.#ambient = ambient;
    this.#hooks = hooks;
    const original = primary.transaction as unknown as Open;
    this.#begin = (callback, { config, isolation, on = driver.openOn?.(isolation) }) =>
      original.call(
        on ? handleOn(primary, on) : primary,
        callback,
        isolation && driver.isolatesByConfig ? { isolationLevel: isolation } : config,
      ) as never;
    const tracked = async (callback: (tx: TransactionHandle) => unknown, config?: unknown): Promise<unknown> =>
      this.run((tx) => callback(tx), config);
    for (const handle of tracking) {
      const before = Object.getOwnPropertyDescriptor(handle, 'transaction');
      Object.defineProperty(handle, 'transaction', { value: tracked, configurable: true, writable: true });
      Object.defineProperty(handle, TRACKED, { value: true, configurable: true });
      this.#undo.push(() => {
        delete (handle as Partial<DatabaseHandle>).transaction;
        if (before) Object.defineProperty(handle, 'transaction', before);
        delete (handle as { [TRACKED]?: true })[TRACKED];
      });
    }
  }

  /** Adds a follower of each commit, after those added before. The transaction call throws the error of a follower. */
  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  /** Stops tracking, and restores the database object. */
  release(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** The scope of a transaction handle, or `undefined` for one that is not tracked. */
  scopeOf(handle: object): TransactionScope | undefined {
    return this.#scopes.get(handle);
  }

  /** Runs `callback` in a transaction of its own, as `db.transaction` does, and passes it the scope too. */
  async run<T>(callback: Callback<T>, config?: unknown): Promise<T> {
    const { value, scope, unanswered } = await this.attempt(callback, { config });
    if (unanswered) await this.#ambient.outside(() => this.#hooks.assertCommitted(scope, unanswered.error));
    await this.committed(scope);
    return value;
  }

  /**
   * As {@link run}, for a caller that finds out by itself whether an unanswered COMMIT got through, and calls
   * {@link committed} if it did.
   */
  async attempt<T>(callback: Callback<T>, options: AttemptOptions = {}): Promise<Attempt<T>> {
    if (!options.isOwn) await this.#hooks.beforeBegin();
    const scope = new TransactionScope();
    let returned: { readonly value: T } | undefined;
    const work = async (tx: TransactionHandle): Promise<T> => {
      const value = await this.#untilLost(scope, this.#within(scope, tx, callback));
      returned = { value };
      return value;
    };
    try {
      return { value: await this.#begin(work, options), scope };
    } catch (error) {
      const lost = scope.isLost && isSignalboxError(error, 'TransactionEnded');
      // When the connection is lost, the driver rejects while the callback still runs: the callback must not reach
      // another session.
      scope.lose();
      // The driver sends COMMIT as soon as the callback has returned. Only a refusal by the server itself says that it
      // failed.
      if (returned && !isAnswer(error)) return { value: returned.value, scope, unanswered: { error } };
      scope.isUndone = true;
      throw lost ? scope.failure : error;
    }
  }

  /**
   * Runs `callback` in a part of the transaction of `root`, whose savepoint its caller has sent and rolls back. The part has a scope of its
   * own: what is sent in it after its end is refused, and a failed query of it fails it alone. Kept, it is a part of `root`.
   */
  async part<T>(root: TransactionScope, callback: Callback<T>): Promise<T> {
    root.enter();
    // Drizzle's own handle, from which that of `root` was derived.
    const original = Object.getPrototypeOf(root.tx) as TransactionHandle;
    return this.#kept(root, (scope) => this.#untilLost(scope, this.#within(scope, original, callback)));
  }

  /** Runs the followers after the COMMIT of `scope`. Each of them leaves the scopes around by itself. */
  async committed(scope: TransactionScope): Promise<void> {
    for (const follower of this.#followers) await follower(scope);
  }

  /**
   * Hides the end of the callback from the driver once the connection is lost. The driver would answer it with a
   * ROLLBACK, on a connection that is gone (postgres.js crashes the process then) or that has another user by now.
   */
  #untilLost<T>(scope: TransactionScope, work: Promise<T>): Promise<T> {
    const settled = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    return settled.then(async (result) => {
      // The driver reports the failed query a moment before the end of its connection.
      if (this.#driver.rejectsWhenLost && this.#driver.isConnectionLoss(scope.failure)) await scope.loss(LOSS_NOTICED_MS);
      return this.#driver.rejectsWhenLost && scope.isLost ? new Promise<never>(() => {}) : result();
    });
  }

  async #within<T>(scope: TransactionScope, original: TransactionHandle, callback: Callback<T>): Promise<T> {
    // The driver gave up before the callback was called: its work would be neither committed nor rolled back.
    if (!scope.isOpen) throw transactionEnded();
    const tx = this.#adopt(scope, original);
    try {
      const result = await scope.whileOpen(this.#ambient.run(scope, async () => callback(tx, scope)));
      await scope.finish();
      return result;
    } catch (error) {
      await scope.abandon();
      throw error;
    }
  }

  #adopt(scope: TransactionScope, original: TransactionHandle): TransactionHandle {
    scope.client = this.#driver.guard(clientOf(original)!, scope);
    const open: Open = (callback, config) => (original as unknown as { transaction: Open }).transaction(callback, config);
    scope.nest = (callback: (tx: never) => unknown) => {
      const savepoint = scope.inTurn(async () => this.#savepoint(scope, open, callback as (tx: TransactionHandle) => unknown));
      return scope.pend(scope.whileOpen(savepoint));
    };
    const tx = deriveHandle(original, scope.client, (callback: (tx: never) => unknown) => {
      const within = this.#ambient.innermost(scope);
      return within.nest!(callback);
    });
    scope.tx = tx;
    this.#scopes.set(tx, scope);
    return tx;
  }

  async #savepoint(parent: TransactionScope, open: Open, callback: (tx: TransactionHandle) => unknown): Promise<unknown> {
    parent.enter();
    return this.#kept(parent, (scope) => open((tx) => this.#untilLost(scope, this.#within(scope, tx, callback))));
  }

  /** Runs `work` in a scope inside `parent`, which keeps it if it ends well. */
  async #kept<T>(parent: TransactionScope, work: (scope: TransactionScope) => Promise<T>): Promise<T> {
    const scope = new TransactionScope(parent);
    try {
      const result = await work(scope);
      parent.keep(scope);
      return result;
    } finally {
      scope.close();
    }
  }
}
