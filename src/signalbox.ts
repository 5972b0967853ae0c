// The composition root: createSignalbox wires the rooms together for one database. It holds no policy.
import { attachDispatcher } from './core/dispatcher.ts';
import type { Duration } from './core/duration.ts';
import { toMs } from './core/duration.ts';
import type { AmbientDatabase, DatabaseHandle, TransactionHandle } from './core/handles.ts';
import type { Logger } from './core/logger.ts';
import type { DeliveryContext, DetachedDeliveryContext } from './core/context.ts';
import type { Class, FunctionTarget } from './core/receivers.ts';
import type { Signal } from './core/signal.ts';
import type { OnSignalOptions, PayloadOfAny, SignalOrSignals } from './decorators/on-signal.ts';
import type { Injectable } from './decorators/service.ts';
import { LocalDispatch } from './dispatch/local.ts';
import { Places } from './dispatch/place.ts';
import { ReliableDispatch } from './dispatch/reliable.ts';
import { driverOf } from './drivers/detect.ts';
import { SignalboxError } from './errors.ts';
import { logEvents } from './observe/event-log.ts';
import { type EventName, Events, type SignalboxEvents } from './observe/events.ts';
import { defaultLogger, silentLogger } from './observe/log.ts';
import { provide, type Provision } from './registry/provider.ts';
import { forgottenServices, functionReceivers, receiversOf } from './registry/receivers.ts';
import { type Container, Registry } from './registry/registry.ts';
import { Deliveries } from './operate/deliveries.ts';
import { checkHealth, type Health } from './operate/health.ts';
import { untilSettled } from './operate/settled.ts';
import { Catalogue } from './store/catalogue.ts';
import { type Delivery, OperationsStore } from './store/operations-store.ts';
import { Store } from './store/store.ts';
import { AfterCommits } from './transaction/after-commit.ts';
import { Ambient } from './transaction/ambient.ts';
import { ambientDatabase, Db } from './transaction/db.ts';
import { dialectOf } from './transaction/drizzle-handle.ts';
import { Transactions } from './transaction/transactions.ts';
import { Claims } from './worker/claims.ts';
import { type DrainResult, runAll } from './worker/drain.ts';
import { Executor } from './worker/executor.ts';
import { Immediate, type OnError, type WithClaims } from './worker/immediate.ts';
import { Lease } from './worker/lease.ts';
import { type WorkerOptions, workerSettings } from './worker/options.ts';
import { Runner } from './worker/runner.ts';
import { Worker, workerLabel } from './worker/worker.ts';

export interface SignalboxOptions<D extends DatabaseHandle = DatabaseHandle> {
  /** What `drizzle({ client })` returned. Its `transaction` is tracked until the box is closed. */
  db: D;
  /** The classes whose `@OnSignal` methods receive signals, and any others that the registry shall know. */
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
   * `'worker'` (the default): a worker runs the deliveries. `'immediate'`: they run in this process, right after the
   * commit that stored them and before the transaction call returns; for tests.
   */
  mode?: 'worker' | 'immediate';
  /** In immediate mode, whether a failed receiver makes the transaction call throw `ReceiverFailed` (the default). */
  onError?: OnError;
  /** Any logger with pino's interface; `false` for none. Default: pino on standard error. */
  log?: Logger | false;
}

/** As for `@OnSignal`; the name is not optional, for a function has no class. */
export type ConnectOptions = OnSignalOptions & { readonly name: string };

export interface DrainOptions {
  /** Also run what is due within this time: `'1d'` runs a delivery that waits for its retry. Default 0. */
  ahead?: Duration;
}

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
    options: ConnectOptions & { transactional: false },
  ): () => void;
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (payload: PayloadOfAny<S>, context: DeliveryContext) => unknown,
    options: ConnectOptions,
  ): () => void;
  /**
   * Adds services whose `@OnSignal` methods receive signals, as if they had been among `services` from the start: for
   * frameworks that find their classes later. @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`
   */
  register(services: readonly Class[]): void;
  /** Makes an object that another container made known as this box's, so that its `@Transactional` methods find it. */
  adopt(made: object): void;
  /** Whether a signal has a receiver, in this process or in the catalogue. @throws SignalboxError `MigrationMissing` */
  hasReceivers(signal: Signal): Promise<boolean>;
  /** Deliveries, to look at and to act on. */
  readonly deliveries: Deliveries;
  /**
   * Waits until every delivery of an emission is completed, dead or cancelled; returns them, the latest first.
   * @throws the reason of `signal` when that is aborted
   */
  settled(emissionId: string, options?: { signal?: AbortSignal }): Promise<Delivery[]>;
  /** Whether this process can do its work: for probes. Never rejects. */
  health(): Promise<Health>;
  /** Makes a worker; `start()` or `run()` sets it to work. @throws SignalboxError `InvalidOption`, `PoolTooSmall` */
  worker(options?: WorkerOptions): Worker;
  /** Runs, in this process, every delivery that is due, until none is left. @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing` */
  drain(options?: DrainOptions): Promise<DrainResult>;
  /**
   * Runs `callback` after the outermost commit of the transaction that this code is in, or of `handle`; drops it with
   * its savepoint or transaction. For what may be lost: a crash right after the commit loses it.
   * @throws SignalboxError `NotInTransaction`, `UntrackedTransaction`, `TransactionEnded`
   */
  afterCommit(callback: () => unknown): void;
  afterCommit(handle: TransactionHandle, callback: () => unknown): void;
  /** Calls `listener` for each event from now on. Returns the undo. */
  on<E extends EventName>(event: E, listener: (event: SignalboxEvents[E]) => void): () => void;
  /** The next event that `matches`. */
  next<E extends EventName>(event: E, matches?: (event: SignalboxEvents[E]) => boolean): Promise<SignalboxEvents[E]>;
  /** Stops its workers and lets go of the database object, whose connections stay open: they are yours. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const DRAIN_LEASE_MS = 30_000;

/**
 * Makes the box of a database. It opens no connection and starts nothing by itself.
 * @throws SignalboxError `UnsupportedDatabase`, `BoxAlreadyOpen`, `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`
 * @example
 * export default createSignalbox({ db, services: [PaymentProcesses, Order, Analytics] });
 */
export function createSignalbox<D extends DatabaseHandle>(options: SignalboxOptions<D>): Signalbox<D> {
  const { db, services = [], providers = [], override = [], mode = 'worker', onError = 'throw', resolve, onDead } = options;
  const log = options.log === false ? silentLogger : (options.log ?? defaultLogger());
  const driver = driverOf(db);
  const receivers = receiversOf(services);
  const known = [...services];
  const events = new Events(log);
  const store = new Store(driver);
  const catalogue = new Catalogue(store, receivers, log);
  const ambient = new Ambient();
  const ambientDb = ambientDatabase(db, driver, ambient);
  const registry = new Registry(
    [
      provide(Db, { useValue: ambientDb }),
      // Another container makes its services itself.
      ...(resolve ? [] : services.map((service) => provide(service, { useClass: service }))),
      ...providers,
      ...override,
    ],
    resolve,
  );

  const transactions = new Transactions(db, driver, ambient, {
    beforeBegin: () => ambient.outside(() => catalogue.tryAnnounce()),
    afterCommit: async (scope) => {
      await afterCommits.run(scope);
      await immediate?.afterCommit(scope.emissions);
    },
  });
  const afterCommits = new AfterCommits(ambient, transactions, ambientDb, log);
  const executor = new Executor({ store, driver, registry, transactions, ambient, log });
  const newRunner = (): Runner => new Runner({ store, catalogue, executor, events, log });
  const withClaims: WithClaims = async (work) => {
    await catalogue.announce();
    const ignore = (): void => {};
    const lease = await Lease.enrol(store, {
      label: workerLabel(),
      leaseMs: DRAIN_LEASE_MS,
      onLost: ignore,
      onError: ignore,
      onRenewed: ignore,
    });
    try {
      return await work(new Claims(store, catalogue, lease), newRunner());
    } finally {
      await lease.resign();
    }
  };
  const immediate = mode === 'immediate' ? new Immediate(withClaims, onError) : undefined;

  const places = new Places(db, ambientDb, ambient, transactions);
  const local = new LocalDispatch(receivers, registry, places, log);
  const reliable = new ReliableDispatch(driver, store, catalogue, places, log, immediate ? 'refuse' : 'allow');
  const detach = attachDispatcher(dialectOf(db)!, {
    emit: (...args) => local.emit(...args),
    emitRobust: (...args) => local.emitRobust(...args),
    emitReliable: (...args) => reliable.emitReliable(...args),
    emitMany: (...args) => reliable.emitMany(...args),
  });
  const stopLogging = logEvents(events, log);
  if (onDead) events.on('delivery.dead', onDead);
  const operations = new OperationsStore(driver.run());

  const workers = new Set<Worker>();
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new SignalboxError('BoxClosed', 'This box was closed. Make another one with createSignalbox({ db }).');
  };

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await Promise.all([...workers].map((worker) => worker.stop()));
    detach();
    transactions.release();
    stopLogging();
  };

  return {
    db: ambientDb as unknown as AmbientDatabase<D>,
    get: (token) => registry.get(token),
    worker: (workerOptions = {}) => {
      assertOpen();
      for (const name of forgottenServices(known))
        log.warn({ service: name }, `${name} has @OnSignal methods but is not among the services of the box, so they receive nothing`);
      if (receivers.all.length === 0) log.warn({}, 'the services of this box have no @OnSignal methods, so its worker has nothing to do');
      const settings = workerSettings(workerOptions, receivers.all, driver.maxConnections);
      const worker = new Worker({ store, driver, catalogue, events, ambient, log, newRunner }, settings);
      workers.add(worker);
      return worker;
    },
    connect: (signal: SignalOrSignals, call: FunctionTarget['call'], connectOptions: ConnectOptions) => {
      assertOpen();
      const signals = (Array.isArray(signal) ? signal : [signal]) as readonly Signal[];
      const connected = functionReceivers(signals, call, connectOptions);
      receivers.add(connected);
      return () => receivers.remove(connected);
    },
    register: (more) => {
      assertOpen();
      const added = more.filter((service) => !known.includes(service));
      receivers.add(receiversOf(added).all);
      known.push(...added);
      if (!resolve) registry.provide(added.map((service) => provide(service, { useClass: service })));
    },
    adopt: (made) => registry.adopt(made),
    hasReceivers: async (signal) => receivers.of(signal).length > 0 || operations.hasReceivers(signal.name),
    deliveries: new Deliveries(operations),
    settled: (emissionId, { signal } = {}) => untilSettled(operations, emissionId, signal),
    health: () =>
      checkHealth(
        store,
        [...workers].flatMap((worker) => worker.health ?? []),
      ),
    drain: async ({ ahead = 0 } = {}) => {
      assertOpen();
      const { concurrency } = workerSettings({}, receivers.all, Math.max(driver.maxConnections, 3));
      const aheadMs = toMs(ahead, 'drain: ahead');
      await store.check();
      return ambient.outside(() => withClaims((claims, runner) => runAll(claims, runner, concurrency, aheadMs)));
    },
    afterCommit: (...args: [() => unknown] | [object, () => unknown]) => {
      afterCommits.add(args.length === 1 ? ambientDb : args[0], args.length === 1 ? args[0] : args[1]);
    },
    on: (event, listener) => events.on(event, listener),
    next: (event, matches) => events.next(event, matches),
    close,
    [Symbol.asyncDispose]: close,
  };
}
