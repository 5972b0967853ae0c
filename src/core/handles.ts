// The database and transaction objects that users pass, as the few members that Signalbox needs of them.
// They are structural on purpose: Drizzle's own classes differ between versions and drivers, these members do not.

/** A Drizzle database on PostgreSQL, as the members that Signalbox needs of it. */
export interface DatabaseHandle {
  /** Sends one statement. */
  execute(...args: never[]): unknown;
  /** Runs a callback in a transaction. */
  transaction(...args: never[]): Promise<unknown>;
}

/** A Drizzle transaction, as `db.transaction` passes it to its callback. A database has no `rollback`. */
export interface TransactionHandle {
  /** Sends one statement. */
  execute(...args: never[]): unknown;
  /** Ends the transaction without effect, by throwing. */
  rollback(): never;
}

/**
 * Names the type of your database, so that `Db` and `DeliveryContext` have it in full:
 *
 * @example
 * declare module 'signalbox' {
 *   interface Register { db: typeof db }
 * }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- users merge their database into it
export interface Register {}

/** The type of your database: the one that {@link Register} names, or the members that every database has. */
export type RegisteredDatabase = Register extends { db: infer D extends DatabaseHandle } ? D : DatabaseHandle;

/** The transaction type of a database. */
export type TransactionOf<D extends DatabaseHandle> =
  Parameters<D['transaction']> extends [infer C extends (tx: never) => unknown, ...unknown[]] ? Parameters<C>[0] : TransactionHandle;

/** The transaction type of your database. */
export type RegisteredTransaction = TransactionOf<RegisteredDatabase>;

declare const AMBIENT: unique symbol;

/** The ambient form of a database: inside a transaction it is that transaction, outside it is the database. */
export type AmbientDatabase<D = RegisteredDatabase> = D & { readonly [AMBIENT]: true };

/**
 * What a reliable emit accepts: a transaction, or the ambient database inside one. A plain database is a compile error.
 */
export type ReliableHandle = TransactionHandle | { readonly [AMBIENT]: true };
