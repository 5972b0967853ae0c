// The seam between Signalbox and a database client: the few things that differ from driver to driver.
// Everything else speaks statements (statement.ts), text parameters and plain rows.
import type { Isolation } from '../core/isolation.ts';
import type { Columns, RowOf, Statement } from './statement.ts';

/** A parameter of a statement. Arrays, JSON and times travel as text and are cast in the SQL. */
export type Param = string | number | null;

/** Runs one statement, on the pool or in one open transaction. */
export type Run = <C extends Columns>(statement: Statement<C>, params: readonly Param[]) => Promise<readonly RowOf<C>[]>;

/** A driver's client, pool or transaction: opaque outside of its driver. */
export type Client = object;

/** Decides whether a statement may pass, and is notified of failed ones. */
export interface Gate {
  /** @throws when the transaction has ended */
  enter(): void;
  /** Called for each statement that passed; `finished` settles with it. */
  watch(finished: Promise<unknown>): void;
  /** Given: called with what each statement that passes is sent as. */
  readonly onSent?: ((sent: unknown) => void) | undefined;
  /** The connection is lost, with this error: no statement may pass any more. */
  lose(error: unknown): void;
}

/** A dedicated connection, which connects again when it is lost. The locks of the lost session are then gone. */
export interface Session {
  readonly run: Run;
  /**
   * The backend PID announced when the connection that answered last was opened. A pooler announces a PID of its own,
   * so this differs from `pg_backend_pid()`.
   */
  lastPid(): number | undefined;
  close(): Promise<void>;
}

/** Callbacks of a lane. */
export interface LaneHooks {
  /** Whether another transaction follows at once. Called when one is about to commit. */
  isWanted(): boolean;
  /** The COMMIT has been sent: the next transaction may begin on the lane, or the lane may be released. */
  onCommitting(): void;
}

/** Transactions that follow one another on one connection; its BEGIN sets `transaction_deferrable`. */
export interface Lane {
  /** The client on which Drizzle must open the next transaction. */
  clientFor(isolation: Isolation): Client;
  /** Says that no other transaction follows for now. */
  release(): void;
  /** A statement of the transaction that is open on it has failed, and was rolled back to a savepoint: the transaction may commit. */
  survived(): void;
}

export interface DriverOptions {
  /** Whether statements sent with {@link Driver.run} are prepared; `'all'`: guarded ones, too. Default true. */
  readonly prepare?: boolean | 'all';
}

export interface Driver {
  /** The driver's name in Drizzle. */
  readonly name: string;
  /** The database and its user, as `user@host:port/database`. Never the password. */
  readonly place: string;
  /** A risk of the client's options in a worker, for its log. */
  readonly caution?: string | undefined;
  /** The most connections that the pool opens; `undefined` for a single session, whose users take turns. */
  readonly maxConnections: number | undefined;
  /** Whether a transaction call rejects by itself when its connection is lost, even if its callback still runs. */
  readonly rejectsWhenLost: boolean;
  /** Runs statements on the pool, or on the client of an open transaction. */
  run(client?: Client): Run;
  /**
   * The client on which Drizzle must open one transaction, if that is not its own.
   * @param isolation if not the default of the session
   */
  openOn?(isolation?: Isolation): Client | undefined;
  /**
   * Whether Drizzle begins a transaction with its isolation level by its own configuration; if not, {@link openOn}
   * does.
   */
  readonly isolatesByConfig: boolean;
  /** Opens a lane, where the driver can send the COMMIT of one transaction together with the BEGIN of the next. */
  openLane?(hooks: LaneHooks): Lane;
  /** The same client, each statement of which passes the gate first. */
  guard(client: Client, gate: Gate): Client;
  /** A client that picks the client to use anew for each statement. */
  redirect(pick: () => Client): Client;
  /**
   * Opens a connection beside the pool's, which connects when it is used. Undefined where there is only one session.
   * `onLost` is called when the session ends, for any reason.
   */
  openSession?(onLost: () => void): Session;
  /**
   * Calls `onMessage` for each notification, on a dedicated connection that reconnects. Returns a function that stops
   * it.
   */
  listen(channel: string, onMessage: () => void): Promise<() => Promise<void>>;
  /** Whether the error means that the connection was lost or could not be made: a fault of the network only. */
  isConnectionLoss(error: unknown): boolean;
}
