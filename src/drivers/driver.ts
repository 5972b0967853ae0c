// The seam between Signalbox and a database client: the few things that differ from driver to driver.
// Everything else speaks statements (statement.ts), text parameters and plain rows.
import type { Isolation } from '../core/isolation.ts';
import type { Columns, RowOf, Statement } from './statement.ts';

/** A parameter of a statement. Arrays, JSON and times travel as text and are cast in the SQL. */
export type Param = string | number | null;

/** Runs one statement somewhere: on the pool, or in one open transaction. */
export type Run = <C extends Columns>(statement: Statement<C>, params: readonly Param[]) => Promise<readonly RowOf<C>[]>;

/** A driver's client, pool or transaction: opaque outside of its driver. */
export type Client = object;

/** Decides whether a statement may pass, and hears of those that failed. */
export interface Gate {
  /** @throws when the transaction has ended */
  enter(): void;
  /** Called for each statement that passed; `finished` settles with it. */
  watch(finished: Promise<unknown>): void;
  /** The connection is gone, for this reason: nothing may pass any more. */
  lose(error: unknown): void;
}

/** A connection of its own, which connects again when it is lost; what the session held is then gone. */
export interface Session {
  readonly run: Run;
  /**
   * The number of the server's process behind the connection on which a statement was answered last, as the server told it
   * when that was made. A pooler tells another, of its own: it has no process for the connection.
   */
  toldPid(): number | undefined;
  close(): Promise<void>;
}

/** What a lane asks and tells. */
export interface LaneHooks {
  /** Whether another transaction is to follow at once; asked when one is about to commit. */
  isWanted(): boolean;
  /** The COMMIT has gone out, and the next transaction may begin on the lane, or the lane be released. */
  onCommitting(): void;
}

/** Transactions that follow one another on one connection; its BEGIN sets `transaction_deferrable`. */
export interface Lane {
  /** The client on which Drizzle is to open the next transaction. */
  clientFor(isolation: Isolation): Client;
  /** No other transaction follows for now. */
  release(): void;
}

export interface DriverOptions {
  /** Whether statements that are run with {@link Driver.run} are prepared; `'all'`: guarded ones, too. Default true. */
  readonly prepare?: boolean | 'all';
}

export interface Driver {
  /** As Drizzle names it. */
  readonly name: string;
  /** Where the database is, and as whom it is used: `user@host:port/database`. Never the password. */
  readonly place: string;
  /** What the client's options risk in a worker, for its log. */
  readonly caution?: string | undefined;
  /** Connections that the pool opens at most; `undefined` for a single session, whose users take turns. */
  readonly maxConnections: number | undefined;
  /** Whether a transaction call rejects by itself when its connection is lost, whatever its callback still does. */
  readonly rejectsWhenLost: boolean;
  /** Runs statements on the pool, or on the client of an open transaction. */
  run(client?: Client): Run;
  /** The client on which Drizzle is to open one transaction, if not the one that it has. @param isolation if not the default of the session */
  openOn?(isolation?: Isolation): Client | undefined;
  /** Whether Drizzle begins a transaction with its isolation level by its own configuration; if not, {@link openOn} does. */
  readonly isolatesByConfig: boolean;
  /** Where the driver can send the COMMIT of one transaction together with what the next begins with. */
  openLane?(hooks: LaneHooks): Lane;
  /** The same client, each statement of which passes the gate first. */
  guard(client: Client, gate: Gate): Client;
  /** A client that picks the client to use anew for each statement. */
  redirect(pick: () => Client): Client;
  /**
   * A connection besides the pool's, which connects when it is used. Undefined where there is but one session. `onLost` is
   * told when the session ends, by whatever cause.
   */
  openSession?(onLost: () => void): Session;
  /** Calls `onMessage` for each notification, on a connection of its own that reconnects. Returns the undo. */
  listen(channel: string, onMessage: () => void): Promise<() => Promise<void>>;
  /** Whether the error means that the connection was lost or could not be made: nobody's fault but the network's. */
  isConnectionLoss(error: unknown): boolean;
}
