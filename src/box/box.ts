// What a box is, as its users see it: the options that it is made of, and what it can do. signalbox.ts makes it.
import type { BatchContext, BatchItem, DetachedBatchContext } from '../core/batch.ts';
import type { DeliveryContext, DetachedDeliveryContext } from '../core/context.ts';
import type { Duration } from '../core/duration.ts';
import type { AmbientDatabase, DatabaseHandle, TransactionHandle } from '../core/handles.ts';
import type { GivenLogger, Logger } from '../core/logger.ts';
import type { OptionTable, Rule } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { abortSignal, anything, callable, duration, listOf, oneOf, whole } from '../core/rules.ts';
import type { Signal } from '../core/signal.ts';
import type { BatchOptions, OnSignalOptions, PayloadOfAny, SignalOrSignals } from '../decorators/on-signal.ts';
import type { Injectable } from '../decorators/service.ts';
import type { EventName, SignalboxEvents } from '../observe/events.ts';
import type { Deliveries } from '../operate/deliveries.ts';
import type { Health } from '../operate/health.ts';
import type { Provision } from '../container/provider.ts';
import type { Container } from '../container/registry.ts';
import type { Announcement } from '../store/catalogue/announcement.ts';
import type { MigrateOptions } from '../store/schema/migrate.ts';
import type { Delivery } from '../store/operations/operations.ts';
import type { OutsideWrites } from '../transaction/outside-writes.ts';
import type { DrainResult } from '../worker/drain.ts';
import type { OnError } from '../worker/immediate.ts';
import type { WorkerOptions } from '../worker/options.ts';
import type { Worker } from '../worker/worker.ts';

/** What a box is made of. Only `db` is needed. */
export interface SignalboxOptions<D extends DatabaseHandle = DatabaseHandle> {
  /** What `drizzle({ client })` returned. Its `transaction` is tracked until the box is closed. */
  db: D;
  /** The classes whose `@OnSignal` methods receive signals, and those with `@Service` that the registry shall know from the start. */
  services?: readonly Class[];
  /** Where injected things come from that are no services. */
  providers?: readonly Provision[];
  /** Put in place of `services` and `providers` of the same token: for tests. */
  override?: readonly Provision[];
  /**
   * Another container that makes the services: given a class (or token), it returns the object, or a promise of it.
   * `providers` and `override` still come first. Give that container `box.db` for `Db`.
   */
  resolve?: Container;
  /** Told of each delivery that ends dead, after that is written. What it throws is logged. */
  onDead?: (event: SignalboxEvents['delivery.dead']) => unknown;
  /**
   * How many workers may die with a delivery before it is given up as dead, 1 to 100. Default 3. It is given up only when the
   * last of them ran nothing else, so nobody else's fault counts: what has cost one worker less runs alone.
   */
  crashBudget?: number;
  /**
   * `'worker'` (the default): a worker runs the deliveries. `'immediate'`: they run in this process, right after the
   * commit that stored them and before the transaction call returns; for tests.
   */
  mode?: 'worker' | 'immediate';
  /** In immediate mode, whether a failed receiver makes the transaction call throw `ReceiverFailed` (the default). */
  onError?: OnError;
  /**
   * Whether the statements of Signalbox are prepared (the default). `false` is for a pooler in transaction mode that does
   * not know of prepared statements: PgBouncer before 1.21. `'all'`: so are those that Drizzle sends in transactions, yours and
   * those of receivers, once a text has come three times; at most 250 texts. On postgres.js it saves a round trip for
   * each; on a single client of node-postgres, and on PGlite, it is as `true`.
   */
  prepare?: boolean | 'all';
  /**
   * Any logger with pino's interface, or `console`; `false` for none. Default: pino on standard error. A logger that fails stops
   * nothing.
   */
  log?: GivenLogger | false;
  /**
   * What happens when the plain database (`db`, and not `tx` or the injected `Db`) is written to inside a transaction or a
   * receiver, which that transaction can neither undo nor fence. `'warn'` (the default): a line in the log with the place, once for
   * each table. `'refuse'`: `OutsideTransaction` is thrown. `'allow'`: nothing. Where the pool has one connection, so that the call
   * would wait for ever, `'warn'` refuses too.
   */
  outsideWrites?: OutsideWrites;
}

const logger: Rule = {
  wants: "false for none, or a logger with pino's interface: debug, info, warn and error",
  accepts: (log) =>
    log === false ||
    (typeof log === 'object' &&
      log !== null &&
      (['debug', 'info', 'warn', 'error'] as const).every((method) => typeof (log as Partial<Logger>)[method] === 'function')),
};

export const BOX_OPTIONS: OptionTable<SignalboxOptions> = {
  db: anything,
  services: listOf('classes'),
  providers: listOf('what provide(…) returns'),
  override: listOf('what provide(…) returns'),
  resolve: callable,
  onDead: callable,
  crashBudget: whole(1, 100),
  mode: oneOf('worker', 'immediate'),
  onError: oneOf('throw', 'collect'),
  prepare: oneOf(true, false, 'all'),
  log: logger,
  outsideWrites: oneOf('warn', 'refuse', 'allow'),
};

/** What an adapter for a framework tells a box beside its options. */
export interface Adapter {
  /** Where a class with receivers is added to the box, in messages: as it follows "to". */
  readonly place: string;
  /** Before anything for which the receivers must be known. */
  beforeUse?(): void;
}

/** As for `@OnSignal`; the name is not optional, for a function has no class. */
export type ConnectOptions = OnSignalOptions & { readonly name: string };

/** What `box.drain` may be told. */
export interface DrainOptions {
  /**
   * Also run what is due within this time, as if the time passed while the drain runs: `'1d'` runs a delivery that waits for its retry.
   * Each delay counts, that of a retry, of `RetryAfter` and of what receivers emit, so the drain ends: a receiver that throws
   * `RetryAfter('1m')` each time is called 61 times within `'1h'`. Default 0.
   */
  ahead?: Duration;
}

export const DRAIN_OPTIONS: OptionTable<DrainOptions> = { ahead: duration() };

/** What `box.settled` may be told. */
export interface SettledOptions {
  /** Ends the wait: `settled` rejects with its reason. */
  signal?: AbortSignal;
}

export const SETTLED_OPTIONS: OptionTable<SettledOptions> = { signal: abortSignal };

/** A box: signals, receivers and deliveries of one database, in this process. */
export interface Signalbox<D extends DatabaseHandle = DatabaseHandle> {
  /** The ambient form of the database; what is injected as `Db`. */
  readonly db: AmbientDatabase<D>;
  /** A service or a provided value. @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata` */
  get<T>(token: Injectable<T>): T;
  /**
   * Makes a plain function a receiver, for where there are no decorators. `name` is stored: keep it, or list it in
   * `formerly`. Returns the disconnect; rows that are stored by then wait for a process that has it.
   * @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`
   * @example box.connect(payment.completed, async ({ paymentId }, { tx }) => { … }, { name: 'orders.complete' });
   */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (payload: PayloadOfAny<S>, context: DetachedDeliveryContext) => unknown,
    options: ConnectOptions & { batch?: undefined; transactional: false },
  ): () => void;
  /** The same with a transaction in the context, which is the default. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (payload: PayloadOfAny<S>, context: DeliveryContext) => unknown,
    options: ConnectOptions & { batch?: undefined },
  ): () => void;
  /** The same for up to `batch` deliveries at a time, without a transaction. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (items: BatchItem<PayloadOfAny<S>>[], context: DetachedBatchContext) => unknown,
    options: ConnectOptions & BatchOptions & { transactional: false },
  ): () => void;
  /** The same for up to `batch` deliveries at a time, in one transaction. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (items: BatchItem<PayloadOfAny<S>>[], context: BatchContext) => unknown,
    options: ConnectOptions & BatchOptions,
  ): () => void;
  /**
   * Adds services whose `@OnSignal` methods receive signals, as if they had been among `services` from the start: for
   * frameworks that find their classes later. @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`
   */
  register(services: readonly Class[]): void;
  /** Makes an object that another container made known as this box's, so that its `@Transactional` methods find it. */
  adopt(made: object): void;
  /** Whether a signal has a receiver, in this process or in the catalogue. @throws SignalboxError `MigrationMissing`, `InvalidOption` */
  hasReceivers(signal: Signal): Promise<boolean>;
  /**
   * Writes the receivers into the catalogue, so that every process delivers to them from now on: the step of a deploy.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, and what {@link Signalbox.get} throws
   */
  announce(): Promise<Announcement>;
  /**
   * Applies a folder of Drizzle migrations, one process at a time. Returns how many it applied.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationFailed`, `InvalidOption`
   */
  migrate(options: MigrateOptions): Promise<number>;
  /** Deliveries, to look at and to act on. */
  readonly deliveries: Deliveries;
  /**
   * Waits until every delivery of an emission is completed, dead or cancelled; returns them, the latest first.
   * Call it after the commit: before, there is no such emission.
   * @throws SignalboxError `EmissionNotFound`, `InvalidOption`; and the reason of `signal` when that is aborted
   */
  settled(emissionId: string, options?: SettledOptions): Promise<Delivery[]>;
  /** Whether this process can do its work: for probes. Never rejects. */
  health(): Promise<Health>;
  /** Makes a worker; `start()` or `run()` sets it to work. @throws SignalboxError `InvalidOption`, `PoolTooSmall` */
  worker(options?: WorkerOptions): Worker;
  /**
   * Runs, in this process, every delivery that is due, until none is left.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, and what {@link Signalbox.get} throws
   */
  drain(options?: DrainOptions): Promise<DrainResult>;
  /**
   * Runs `callback` after the outermost commit of the transaction that this code is in, or of `handle`; drops it with
   * its savepoint or transaction. For what may be lost: a crash right after the commit loses it.
   * @throws SignalboxError `NotInTransaction`, `UntrackedTransaction`, `TransactionEnded`, `InvalidOption`
   */
  afterCommit(callback: () => unknown): void;
  /** The same for the transaction `handle`, wherever it is called. */
  afterCommit(handle: TransactionHandle, callback: () => unknown): void;
  /** Calls `listener` for each event of this process from now on, after the write that it tells of. Returns the undo. @throws SignalboxError `InvalidOption` */
  on<E extends EventName>(event: E, listener: (event: SignalboxEvents[E]) => unknown): () => void;
  /** The next event that `matches`. Never rejects and never times out. @throws SignalboxError `InvalidOption` */
  next<E extends EventName>(event: E, matches?: (event: SignalboxEvents[E]) => boolean): Promise<SignalboxEvents[E]>;
  /**
   * Stops its workers and lets go of the database object, whose connections stay open: they are yours.
   * @throws SignalboxError `WaitsForItself` in a receiver that one of its workers runs
   */
  close(): Promise<void>;
  /** {@link Signalbox.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
