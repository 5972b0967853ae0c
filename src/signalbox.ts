// The composition root: createSignalbox makes the parts of a box, from the bottom up, each of what is there by then. It decides nothing.
import type { Signalbox } from './box/box.ts';
import { Box } from './box/open-box.ts';
import { Lifetime } from './box/lifetime.ts';
import { makeKnown } from './box/parts.ts';
import { type Adapter, type SignalboxOptions, settingsOf } from './box/options.ts';
import { operatingOf } from './box/operating.ts';
import { OwnReceivers } from './box/receivers.ts';
import { Services } from './box/services.ts';
import { immediately, temporaryWorkersOf } from './box/temporary-workers.ts';
import { Warnings } from './box/warnings.ts';
import { OwnWorkers } from './box/workers.ts';
import type { DatabaseHandle } from './core/handles.ts';
import { recordedBox } from './dispatch/capture.ts';
import { attach } from './dispatch/dispatch.ts';
import { Places } from './dispatch/emit-target.ts';
import { TestingMode } from './dispatch/testing-mode.ts';
import { driverOf } from './drivers/detect.ts';
import { dedupeTask } from './maintenance/tasks/dedupe.ts';
import { errandsTask } from './maintenance/tasks/errands.ts';
import { pruneTasks } from './maintenance/tasks/prune.ts';
import { tallyTasks } from './maintenance/tasks/tallies.ts';
import { refreshCatalogue } from './maintenance/tasks/refresh-catalogue.ts';
import { Events } from './observe/events.ts';
import { Erasing } from './operate/erase.ts';
import { Partitions } from './operate/partitions.ts';
import { Pruning } from './operate/prune.ts';
import { receiversOf } from './receivers/register.ts';
import { Catalogue } from './store/catalogue/catalogue.ts';
import { Namespace } from './store/namespace.ts';
import { EraseStore } from './store/retention/erase.ts';
import { Store } from './store/store.ts';
import { talliesOf } from './tallies/tallies.ts';
import { AfterCommits } from './transaction/after-commit.ts';
import { ambientDatabase } from './transaction/ambient-db.ts';
import { Ambient } from './transaction/ambient.ts';
import { assertCommitted } from './transaction/lost-commit.ts';
import { ownTransactions } from './transaction/own-transactions.ts';
import { OutsideWatch } from './transaction/outside-writes.ts';
import { Transactions } from './transaction/transactions.ts';
import { runnersOf } from './worker/running/new-runner.ts';

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
  const settings = settingsOf(options);
  const { db, log, extensions, testing } = settings;
  const mode = testing && new TestingMode(testing);
  const driver = driverOf(db, settings);
  const receivers = receiversOf(settings.services);
  const lifetime = new Lifetime(beforeUse);
  const events = new Events(log);

  const store = new Store(driver, settings.crashBudget, new Namespace(settings.schema));
  const catalogue = new Catalogue(store.catalogue, receivers, log);

  const ambient = new Ambient();
  const ambientDb = ambientDatabase(db, driver, ambient);
  const warnings = new Warnings({ log, place, driver, catalogue, store });
  const services = new Services({ settings, receivers, ambient, ambientDb, warnings, lifetime });
  const { registry } = services;

  const transactions = new Transactions(db, driver, ambient, {
    beforeBegin: () => (mode?.now === 'capture' ? Promise.resolve() : ambient.outside(() => catalogue.tryAnnounce())),
    assertCommitted: (scope, error) =>
      assertCommitted((witness) => store.commits.stateOf(witness), scope, error, driver.maxConnections === undefined),
  });
  const outside = new OutsideWatch({ db, driver, ambient, log, policy: settings.outsideWrites });
  const afterCommits = new AfterCommits(ambient, transactions, ambientDb, log);
  const tallies = talliesOf({ isOn: settings.tallies && testing === undefined, store: store.tallies, log });
  transactions.follow((scope) => {
    if (tallies && scope.emitted) for (const emitted of scope.emitted) tallies.emitted(emitted);
    return afterCommits.run(scope);
  });

  const running = { ...extensions, share: settings.share, store, tallies, catalogue, driver, registry, transactions, ambient, events, log };
  const newRunner = runnersOf(running);
  const withTemporaryWorker = temporaryWorkersOf({ store, catalogue, events, tallies, newRunner });
  if (mode) transactions.follow(immediately(settings, mode, ambient, withTemporaryWorker));

  const places = new Places(db, ambientDb, ambient, transactions, outside);
  const emitting = {
    ...extensions,
    mode,
    db,
    driver,
    store,
    catalogue,
    receivers,
    registry,
    places,
    events,
    log,
    tallies,
    place,
    beforeUse,
  };
  lifetime.onClosed(attach(emitting));
  if (mode) lifetime.onClosed(recordedBox());
  lifetime.onClosed(() => outside.release());
  if (tallies) lifetime.beforeClosed(() => tallies.flush());
  lifetime.onClosed(() => tallies?.close());
  lifetime.onClosed(() => transactions.release());
  for (const listeners of extensions.listeners) lifetime.onClosed(events.onEach(listeners));
  if (settings.onDead) events.on('delivery.dead', settings.onDead);

  const operating = operatingOf({ store, lifetime, events, log, receivers, redact: settings.redact });
  const { audit } = operating;
  const inTransaction = ownTransactions(transactions, driver);
  const retention = { store: store.retention(inTransaction), events, ages: settings.retention };
  const errands = errandsTask((stopping) => operating.errands.workOnAll(stopping));
  const tasks = [
    refreshCatalogue(catalogue),
    errands,
    dedupeTask({ store: store.dedupe, turns: retention.store }),
    ...pruneTasks(retention),
    ...(tallies ? tallyTasks({ store: store.tallies, turns: retention.store }) : []),
    ...extensions.tasks,
  ];
  const parts = {
    db,
    ambientDb,
    driver,
    store,
    catalogue,
    events,
    tallies,
    ambient,
    log,
    receivers,
    services,
    lifetime,
    warnings,
    mode,
    running,
    inTransaction,
  };
  const box = new Box({
    ...parts,
    ...operating,
    afterCommits,
    withTemporaryWorker,
    erasing: new Erasing({ store: new EraseStore(store.namespace, inTransaction), audit, box: lifetime }),
    partitions: new Partitions({
      store: store.partitions(inTransaction),
      schema: settings.schema,
      ages: settings.retention,
      audit,
      box: lifetime,
    }),
    pruning: new Pruning({ ...retention, audit, box: lifetime }),
    ownReceivers: new OwnReceivers({ ...parts, operating, status: operating.status }),
    prepares: settings.prepare !== false,
    retains: settings.retention.completed !== undefined,
    workers: new OwnWorkers({ ...parts, status: operating.status, tasks, newRunner, testing }),
  });
  return makeKnown(box, parts);
}
