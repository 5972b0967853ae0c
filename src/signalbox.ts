// The composition root: createSignalbox wires the rooms together for one database. It holds no policy.
import {
  type Adapter,
  BOX_OPTIONS,
  type ConnectOptions,
  DRAIN_OPTIONS,
  SETTLED_OPTIONS,
  type Signalbox,
  type SignalboxOptions,
} from './box/box.ts';
import { CRASH_BUDGET } from './core/delivery.ts';
import { attachDispatcher } from './core/dispatcher.ts';
import { toMs } from './core/duration.ts';
import type { AmbientDatabase, DatabaseHandle } from './core/handles.ts';
import { checkOptions, checkValue, type Rule } from './core/options.ts';
import type { FunctionTarget } from './core/receivers.ts';
import { callable, object, uuid } from './core/rules.ts';
import { isSignal, type Signal } from './core/signal.ts';
import type { SignalOrSignals } from './decorators/on-signal.ts';
import { LocalDispatch } from './dispatch/local.ts';
import { Places } from './dispatch/emit-target.ts';
import { ReliableDispatch } from './dispatch/reliable.ts';
import { driverOf } from './drivers/detect.ts';
import { SignalboxError } from './errors.ts';
import { logEvents } from './observe/event-log.ts';
import { Events } from './observe/events.ts';
import { defaultLogger, silentLogger } from './observe/log.ts';
import { safeLogger } from './observe/safe-log.ts';
import { checkReceivers } from './container/check-services.ts';
import { checkProvision, provide } from './container/provider.ts';
import { Doubts } from './box/warnings.ts';
import { functionReceivers, receiversOf } from './receivers/define.ts';
import { Registry } from './container/registry.ts';
import { Deliveries } from './operate/deliveries.ts';
import { checkHealth } from './operate/health.ts';
import { untilSettled } from './operate/until-settled.ts';
import { announceAll } from './store/catalogue/announcement.ts';
import { Catalogue } from './store/catalogue/catalogue.ts';
import { Commits } from './store/deliveries/commits.ts';
import { MIGRATE_OPTIONS, migrateFolder } from './store/schema/migrate.ts';
import { OperationsStore } from './store/operations/operations.ts';
import { ownRun } from './store/own-run.ts';
import { Store } from './store/store.ts';
import { reaching } from './store/unreachable.ts';
import { tellWaiting, waitingElsewhere } from './store/catalogue/unserved.ts';
import { AfterCommits } from './transaction/after-commit.ts';
import { Ambient } from './transaction/ambient.ts';
import { currentCall, isOf, refuseInside } from './transaction/call.ts';
import { assertCommitted } from './transaction/commit.ts';
import { ambientDatabase, Db } from './transaction/ambient-db.ts';
import { dialectOf, handleOn } from './transaction/drizzle-handle.ts';
import { OutsideWatch } from './transaction/outside-writes.ts';
import { Transactions } from './transaction/transactions.ts';
import { runAll } from './worker/drain.ts';
import { BatchExecutor } from './worker/running/batch-executor.ts';
import { Executor } from './worker/running/executor.ts';
import { Immediate, type WithVisit } from './worker/immediate.ts';
import { workerSettings } from './worker/options.ts';
import { Pauses } from './worker/running/pauses.ts';
import { Runner } from './worker/running/runner.ts';
import type { Setbacks } from './liveness/setbacks.ts';
import { withVisit } from './worker/temporary-worker.ts';
import { Worker } from './worker/worker.ts';

const handleRule = object('a transaction');
const signalRule: Rule = { wants: 'a signal', accepts: isSignal };

const DRAIN_LEASE_MS = 30_000;

/**
 * Makes the box of a database. It opens no connection and starts nothing by itself.
 * @throws SignalboxError `UnsupportedDatabase`, `BoxAlreadyOpen`, `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`
 * @example
 * export default createSignalbox({ db, services: [PaymentProcesses, Order, Analytics] });
 */
export function createSignalbox<D extends DatabaseHandle>(options: SignalboxOptions<D>): Signalbox<D> {
  return openBox(options, { place: '`services` of createSignalbox' });
}

/** The same for an adapter, which finds the classes itself. */
export function openBox<D extends DatabaseHandle>(options: SignalboxOptions<D>, { place, beforeUse = () => {} }: Adapter): Signalbox<D> {
  checkOptions(options, BOX_OPTIONS, 'createSignalbox');
  const {
    db,
    services = [],
    providers = [],
    override = [],
    mode = 'worker',
    onError = 'throw',
    resolve,
    onDead,
    prepare = true,
    crashBudget = CRASH_BUDGET,
    outsideWrites = 'warn',
    log: givenLog,
  } = options ?? {};
  for (const provision of [...providers, ...override]) checkProvision(provision, 'createSignalbox');
  const log = givenLog === false ? silentLogger : safeLogger(givenLog ?? defaultLogger());
  const driver = driverOf(db, { prepare });
  const receivers = receiversOf(services);
  const known = [...services];
  const doubts = new Doubts(log, place);
  doubts.ofGiven(services, receivers.all);
  const events = new Events(log);
  const store = new Store(driver, crashBudget);
  const run = ownRun(driver);
  const commits = new Commits(driver);
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
    // What a container makes is its own affair.
    (work) => (resolve ? ambient.outside(work) : ambient.neutrally(work)),
  );

  const transactions = new Transactions(db, driver, ambient, {
    beforeBegin: () => ambient.outside(() => catalogue.tryAnnounce()),
    assertCommitted: (scope, error) =>
      assertCommitted((witness) => commits.stateOf(witness), scope, error, driver.maxConnections === undefined),
    afterCommit: async (scope) => {
      await afterCommits.run(scope);
      await immediate?.afterCommit(scope.emissions);
    },
  });
  const outside = new OutsideWatch({ db, driver, ambient, log, policy: outsideWrites });
  const afterCommits = new AfterCommits(ambient, transactions, ambientDb, log);
  const executorParts = { store, driver, registry, transactions, ambient, log };
  const executor = new Executor(executorParts);
  const batches = new BatchExecutor(executorParts);
  const checkServices = (): void => checkReceivers(registry, receivers);
  const warnOfWaiting = async (): Promise<void> => {
    for (const waiting of await waitingElsewhere(run, catalogue, { dueForSeconds: 60 }))
      log.warn(
        { receiver: waiting.name, signal: waiting.signal },
        `${tellWaiting(waiting)}, which this box does not have: another program's, renamed without \`formerly\`, or gone`,
      );
  };
  const newRunner = (pauses: Pauses, setbacks?: Setbacks): Runner =>
    new Runner({ store, commits, catalogue, executor, batches, events, log, pauses, setbacks });
  const lendVisit: WithVisit = async (work) => {
    await catalogue.announce();
    return withVisit({ store, catalogue, events, newRunner }, { leaseMs: DRAIN_LEASE_MS }, work);
  };
  const immediate =
    mode === 'immediate' ? new Immediate((work) => ambient.neutrallyIn(currentCall(), () => lendVisit(work)), onError) : undefined;

  const places = new Places(db, ambientDb, ambient, transactions, outside);
  const local = new LocalDispatch(receivers, registry, places, log);
  const reliable = new ReliableDispatch(driver, store, catalogue, places, log, immediate ? 'refuse' : 'allow', place);
  const ready = <T>(part: T): T => {
    beforeUse();
    return part;
  };
  const detach = attachDispatcher(dialectOf(db)!, {
    emit: (...args) => ready(local).emit(...args),
    emitRobust: (...args) => ready(local).emitRobust(...args),
    emitReliable: (...args) => ready(reliable).emitReliable(...args),
    emitMany: (...args) => ready(reliable).emitMany(...args),
  });
  const stopLogging = logEvents(events, log);
  if (onDead) events.on('delivery.dead', onDead);
  const operations = new OperationsStore(run);

  /** Those that work, or tick: the others need no end. */
  const workers = new Set<Worker>();
  let closed = false;
  let cautioned = false;
  const assertOpen = (): void => {
    if (closed) throw new SignalboxError('BoxClosed', 'This box was closed. Make another one with createSignalbox({ db }).');
  };
  const beginWork = (): void => {
    assertOpen();
    beforeUse();
  };

  const close = async (): Promise<void> => {
    if (closed) return;
    for (const worker of workers) worker.assertOutside('box.close()');
    closed = true;
    await Promise.all([...workers].map((worker) => worker.stop()));
    detach();
    outside.release();
    transactions.release();
    stopLogging();
  };

  return {
    db: ambientDb as unknown as AmbientDatabase<D>,
    get: (token) => registry.get(token),
    worker: (workerOptions = {}) => {
      beginWork();
      doubts.ofForgotten(known);
      if (receivers.all.length === 0) log.warn({}, 'this box has no receivers, so its worker has nothing to do');
      if (driver.caution && !cautioned) log.warn({}, driver.caution);
      cautioned = true;
      const settings = workerSettings(workerOptions, receivers.all, driver);
      return new Worker(
        { store, driver, catalogue, events, ambient, log, active: workers, newRunner, assertOpen, checkServices, warnOfWaiting },
        settings,
      );
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
      checkValue(more, BOX_OPTIONS.services, 'box.register', 'what it was given');
      const added = more.filter((service) => !known.includes(service));
      const found = receiversOf(added).all;
      receivers.add(found);
      known.push(...added);
      doubts.ofGiven(added, found);
      if (!resolve) registry.provide(added.map((service) => provide(service, { useClass: service })));
    },
    adopt: (made) => registry.adopt(made),
    hasReceivers: async (signal) => {
      checkValue(signal, signalRule, 'box.hasReceivers', 'what it was given');
      return ready(receivers).of(signal).length > 0 || operations.hasReceivers(signal.name);
    },
    announce: async () => {
      beginWork();
      doubts.ofForgotten(known);
      checkServices();
      return ambient.neutrally(() => reaching(driver, () => announceAll(store, catalogue, run)));
    },
    migrate: async (migrateOptions) => {
      assertOpen();
      checkOptions(migrateOptions, MIGRATE_OPTIONS, 'box.migrate', { required: ['folder'] });
      const on = driver.openOn?.();
      return migrateFolder({ db: on ? handleOn(db, on) : db, driver, store }, migrateOptions);
    },
    deliveries: new Deliveries(operations),
    settled: async (emissionId, settledOptions = {}) => {
      checkValue(emissionId, uuid, 'box.settled', 'the emission');
      checkOptions(settledOptions, SETTLED_OPTIONS, 'box.settled');
      refuseInside('box.settled() of its own emission', isOf(emissionId));
      return untilSettled(operations, emissionId, settledOptions.signal);
    },
    health: () =>
      checkHealth(
        store,
        [...workers].flatMap((worker) => worker.health ?? []),
      ),
    drain: async (drainOptions = {}) => {
      beginWork();
      checkOptions(drainOptions, DRAIN_OPTIONS, 'box.drain');
      const { concurrency } = workerSettings({}, receivers.all, {
        maxConnections: driver.maxConnections && Math.max(driver.maxConnections, 3),
      });
      const aheadMs = toMs(drainOptions.ahead ?? 0, 'drain: ahead');
      checkServices();
      await store.check();
      return ambient.neutrallyIn(currentCall(), () =>
        reaching(driver, () => lendVisit((visit, runner) => runAll(visit, runner, concurrency, aheadMs))),
      );
    },
    afterCommit: (...args: [() => unknown] | [object, () => unknown]) => {
      const [handle, callback] = args.length === 1 ? [ambientDb, args[0]] : args;
      checkValue(handle, handleRule, 'box.afterCommit', 'the transaction');
      checkValue(callback, callable, 'box.afterCommit', 'the callback');
      afterCommits.add(handle, callback);
    },
    on: (event, listener) => events.on(event, listener),
    next: (event, matches) => events.next(event, matches),
    close,
    [Symbol.asyncDispose]: close,
  };
}
