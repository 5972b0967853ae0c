// A box of its parts: which part each verb and each shelf is of.
import type { WaitOptions } from '../core/abort.ts';
import type { AmbientDatabase, DatabaseHandle } from '../core/handles.ts';
import { checkOptions, checkValue } from '../core/options.ts';
import { callable, object } from '../core/rules.ts';
import type { Injectable } from '../decorators/service.ts';
import type { Events } from '../observe/events.ts';
import type { EventName, SignalboxEvents } from '../observe/event-types.ts';
import type { Audit } from '../operate/audit.ts';
import type { Deliveries } from '../operate/deliveries.ts';
import { DOCTOR_OPTIONS, examine, type DoctorOptions, type DoctorParts } from '../operate/doctor/doctor.ts';
import type { Finding } from '../operate/doctor/finding.ts';
import type { EraseOptions, EraseResult, Erasing } from '../operate/erase.ts';
import { type FetchHandler, HEALTH_HANDLER_OPTIONS, healthHandlerOf, type HealthHandlerOptions } from '../operate/health-handler.ts';
import type { Errands } from '../operate/errands/errands.ts';
import type { Emissions } from '../operate/emissions.ts';
import type { Queues } from '../operate/pause.ts';
import type { BoxSignals, BoxStatus, Status } from '../operate/status.ts';
import type { BoxTallies } from '../operate/tallies.ts';
import type { SequenceRepair } from '../store/sequences/sequences.ts';
import type { Partitions } from '../operate/partitions.ts';
import type { PruneOptions, PruneResult, Pruning } from '../operate/prune.ts';
import { MIGRATE_OPTIONS, migrateFolder, type MigrateOptions, type Target } from '../store/schema/migrate.ts';
import { reaching } from '../store/unreachable.ts';
import type { AfterCommits } from '../transaction/after-commit.ts';
import type { DrainResult } from '../worker/drain.ts';
import type { WorkerOptions } from '../worker/options.ts';
import type { Worker } from '../worker/worker.ts';
import { drain, type DrainOptions, type DrainParts } from './drain.ts';
import type { BoxReceivers } from './receivers.ts';
import type { BoxFramework, Services } from './services.ts';
import type { BoxWorkers, OwnWorkers } from './workers.ts';
import type { Signalbox } from './box.ts';

export interface BoxParts<D extends DatabaseHandle> extends DrainParts, DoctorParts, Target {
  readonly db: D;
  readonly ambientDb: AmbientDatabase;
  readonly events: Events;
  readonly afterCommits: AfterCommits;
  readonly services: Services;
  readonly deliveries: Deliveries;
  readonly emissions: Emissions;
  readonly ownReceivers: BoxReceivers;
  readonly queues: Queues;
  readonly errands: Errands;
  readonly signals: BoxSignals;
  readonly tallies: BoxTallies;
  readonly status: Status;
  readonly audit: Audit;
  readonly erasing: Erasing;
  readonly partitions: Partitions;
  readonly pruning: Pruning;
  readonly workers: OwnWorkers;
}

const handleRule = object('a transaction');

export class Box<D extends DatabaseHandle> implements Signalbox<D> {
  readonly schema: string;
  readonly db: AmbientDatabase<D>;
  readonly deliveries: Deliveries;
  readonly emissions: Emissions;
  readonly receivers: BoxReceivers;
  readonly queues: Queues;
  readonly signals: BoxSignals;
  readonly tallies: BoxTallies;
  readonly workers: BoxWorkers;
  readonly errands: Errands;
  readonly audit: Audit;
  readonly partitions: Partitions;
  readonly framework: BoxFramework;
  readonly #parts: BoxParts<D>;

  constructor(parts: BoxParts<D>) {
    this.#parts = parts;
    this.schema = parts.store.namespace.schema;
    this.db = parts.ambientDb as unknown as AmbientDatabase<D>;
    this.deliveries = parts.deliveries;
    this.emissions = parts.emissions;
    this.receivers = parts.ownReceivers;
    this.queues = parts.queues;
    this.signals = parts.signals;
    this.tallies = parts.tallies;
    this.workers = parts.workers;
    this.partitions = parts.partitions;
    this.errands = parts.errands;
    this.audit = parts.audit;
    this.framework = parts.services;
  }

  get<T>(token: Injectable<T>): T {
    this.#parts.lifetime.assertOpen();
    return this.#parts.services.registry.get(token);
  }

  worker(options?: WorkerOptions): Worker {
    return this.#parts.workers.make(options);
  }

  async drain(options?: DrainOptions): Promise<DrainResult> {
    return drain(this.#parts, options);
  }

  async status(): Promise<BoxStatus> {
    return this.#parts.status.read();
  }

  healthHandler(options: HealthHandlerOptions = {}): FetchHandler {
    this.#parts.lifetime.assertOpen();
    checkOptions(options, HEALTH_HANDLER_OPTIONS, 'box.healthHandler');
    return healthHandlerOf(() => this.workers.health(), options);
  }

  async migrate(options: MigrateOptions): Promise<number> {
    const { driver, lifetime, ambient } = this.#parts;
    lifetime.assertTakesWork();
    checkOptions(options, MIGRATE_OPTIONS, 'box.migrate', { required: ['folder'] });
    return ambient.outside(() => reaching(driver, () => migrateFolder(this.#parts, options)));
  }

  async doctor(options: DoctorOptions = {}): Promise<Finding[]> {
    const { lifetime, ambient, ...parts } = this.#parts;
    lifetime.beginUse();
    checkOptions(options, DOCTOR_OPTIONS, 'box.doctor');
    if (options.migrations) checkOptions(options.migrations, MIGRATE_OPTIONS, 'box.doctor: migrations', { required: ['folder'] });
    return ambient.neutrally(() => examine(parts, options));
  }

  async repairSequences(): Promise<SequenceRepair[]> {
    const { driver, store, lifetime, ambient, inTransaction } = this.#parts;
    lifetime.assertTakesWork();
    return ambient.outside(() => reaching(driver, () => store.repairSequences(inTransaction)));
  }

  async prune(options?: PruneOptions): Promise<PruneResult> {
    const { pruning, ambient } = this.#parts;
    return ambient.outside(() => pruning.prune(options));
  }

  async erase(options: EraseOptions): Promise<EraseResult> {
    const { erasing, ambient } = this.#parts;
    return ambient.outside(() => erasing.erase(options));
  }

  afterCommit(...args: [() => unknown] | [object, () => unknown]): void {
    const { lifetime, ambientDb, afterCommits } = this.#parts;
    lifetime.assertOpen();
    const [handle, callback] = args.length === 1 ? [ambientDb, args[0]] : args;
    checkValue(handle, handleRule, 'box.afterCommit', 'the transaction');
    checkValue(callback, callable, 'box.afterCommit', 'the callback');
    afterCommits.add(handle, callback);
  }

  on(event: EventName | '*', listener: (event: never) => unknown): () => void {
    this.#parts.lifetime.assertOpen();
    return this.#parts.events.on(event, listener as () => unknown);
  }

  async next<E extends EventName>(
    event: E,
    matches?: (event: SignalboxEvents[E]) => boolean,
    options?: WaitOptions,
  ): Promise<SignalboxEvents[E]> {
    this.#parts.lifetime.assertOpen();
    return this.#parts.events.next(event, matches, options);
  }

  async close(): Promise<void> {
    return this.#parts.lifetime.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
