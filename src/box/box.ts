// The interface of a box for its users: the verbs that every program needs, and the shelves, each with the methods for
// one kind of row. docs/design/shelves.md has the rule for the place of a method. open-box.ts makes it of its parts.
import type { WaitOptions } from '../core/abort.ts';
import type { AmbientDatabase, DatabaseHandle, TransactionHandle } from '../core/handles.ts';
import type { Injectable } from '../decorators/service.ts';
import type { AnyEvent, EventName, SignalboxEvents } from '../observe/event-types.ts';
import type { Audit } from '../operate/audit.ts';
import type { Deliveries } from '../operate/deliveries.ts';
import { type DoctorOptions } from '../operate/doctor/doctor.ts';
import type { Finding } from '../operate/doctor/finding.ts';
import type { EraseOptions, EraseResult } from '../operate/erase.ts';
import type { FetchHandler, HealthHandlerOptions } from '../operate/health-handler.ts';
import type { Errands } from '../operate/errands/errands.ts';
import type { Emissions } from '../operate/emissions.ts';
import type { Queues } from '../operate/pause.ts';
import type { BoxSignals, BoxStatus } from '../operate/status.ts';
import type { BoxTallies } from '../operate/tallies.ts';
import type { SequenceRepair } from '../store/sequences/sequences.ts';
import type { Partitions } from '../operate/partitions.ts';
import type { PruneOptions, PruneResult } from '../operate/prune.ts';
import { type MigrateOptions } from '../store/schema/migrate.ts';
import type { DrainResult } from '../worker/drain.ts';
import type { WorkerOptions } from '../worker/options.ts';
import type { Worker } from '../worker/worker.ts';
import type { DrainOptions } from './drain.ts';
import type { BoxReceivers } from './receivers.ts';
import type { BoxFramework } from './services.ts';
import type { BoxWorkers } from './workers.ts';

/**
 * A box: signals, receivers and deliveries of one database, in this process. After {@link Signalbox.close} every method throws
 * `BoxClosed`, or rejects with it; `db` goes on as a plain database. While `close` waits for receivers that run, they may still use
 * all but what begins new work: `worker`, `drain`, `migrate`, `receivers.connect`, `receivers.announce`, `framework.register`.
 */
export interface Signalbox<D extends DatabaseHandle = DatabaseHandle> {
  /** The PostgreSQL schema of its tables. */
  readonly schema: string;
  /** The ambient form of the database; what is injected as `Db`. */
  readonly db: AmbientDatabase<D>;
  /** Deliveries, to look at and to act on. */
  readonly deliveries: Deliveries;
  /** Emissions as a whole. */
  readonly emissions: Emissions;
  /** Functions as receivers, and the catalogue. */
  readonly receivers: BoxReceivers;
  /** Queues, to pause and to resume. */
  readonly queues: Queues;
  /** The signals that the catalogue has receivers of. */
  readonly signals: BoxSignals;
  /** What was counted: runs and emits by the minute, and what waits for each receiver. */
  readonly tallies: BoxTallies;
  /** The workers of this process. */
  readonly workers: BoxWorkers;
  /** Acts on many deliveries, each with a cursor. */
  readonly errands: Errands;
  /** The record of what operators did. */
  readonly audit: Audit;
  /** Tables in partitions by time, for those who keep very much. */
  readonly partitions: Partitions;
  /** For adapters of frameworks; applications do not need it. */
  readonly framework: BoxFramework;
  /** A service or a provided value. @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata`, `BoxClosed` */
  get<T>(token: Injectable<T>): T;
  /** Makes a worker; `start()` or `run()` sets it to work. @throws SignalboxError `InvalidOption`, `PoolTooSmall`, `BoxClosed` */
  worker(options?: WorkerOptions): Worker;
  /**
   * Runs, in this process, every delivery that is due, until none is left.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, `BoxClosed`, and what {@link Signalbox.get} throws
   */
  drain(options?: DrainOptions): Promise<DrainResult>;
  /**
   * How the database stands: what waits for each receiver, and its workers. Every number ends at 1,000.
   * @throws SignalboxError `MigrationMissing`, `BoxClosed`
   */
  status(): Promise<BoxStatus>;
  /**
   * Answers `/live`, `/ready` and `/metrics`, under any prefix: for the probes of the platform that runs this process, and for Prometheus.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   * @example app.all('/internal/*', (c) => probes(c.req.raw)); // const probes = box.healthHandler({ metrics: register });
   */
  healthHandler(options?: HealthHandlerOptions): FetchHandler;
  /**
   * Applies a folder of Drizzle migrations, one process at a time. Returns how many it applied.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationFailed`, `InvalidOption`, `BoxClosed`
   */
  migrate(options: MigrateOptions): Promise<number>;
  /**
   * Examines the database, the way to it and what waits there: for a person, or a check of a deploy. Writes nothing, locks nothing, reads
   * no more than some thousand rows. Does not reject for what it finds.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   * @example const broken = (await box.doctor()).filter(({ status }) => status === 'broken');
   */
  doctor(options?: DoctorOptions): Promise<Finding[]>;
  /**
   * Advances each identity sequence that is behind its table, as after logical replication, which copies no sequences. Never sets one
   * back, also while others insert. Reads `settled` once, and locks a table that it repairs for a moment. For the owner of the tables.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, `SequenceBehind` if a table cannot be locked, `BoxClosed`
   */
  repairSequences(): Promise<SequenceRepair[]>;
  /**
   * Deletes what is older than the `retention` of the box, or than `olderThan`: emissions with all that is theirs, as workers do by themselves.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`; the reason of `abortSignal` when that is aborted, between two batches
   * @example const { emissions } = await box.prune({ states: ['dead'], olderThan: '90d', dryRun: true });
   */
  prune(options?: PruneOptions): Promise<PruneResult>;
  /**
   * Blanks the emissions of one person: payload, headers and the texts of errors, where the payload has `value` at `path`. Those of which a
   * delivery waits or runs are left, and named. It reads every payload. The audit keeps the act, the path and the counts, and not the value.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`; the reason of `abortSignal` when that is aborted, between two batches
   * @example const { emissions, left } = await box.erase({ path: 'customer.email', value: 'ann@example.com', by: 'support' });
   */
  erase(options: EraseOptions): Promise<EraseResult>;
  /**
   * Runs `callback` after the outermost commit of the transaction that this code is in, or of `handle`; drops it with
   * its savepoint or transaction. For what may be lost: a crash right after the commit loses it.
   * @throws SignalboxError `NotInTransaction`, `UntrackedTransaction`, `TransactionEnded`, `InvalidOption`, `BoxClosed`
   */
  afterCommit(callback: () => unknown): void;
  /** The same for the transaction `handle`, wherever it is called. */
  afterCommit(handle: TransactionHandle, callback: () => unknown): void;
  /**
   * Calls `listener` for each event of this process from now on, after the write that it tells of. Returns the undo.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`
   */
  on<E extends EventName>(event: E, listener: (event: SignalboxEvents[E]) => unknown): () => void;
  /** Calls `listener` for every event, with its name. Returns the undo. @throws SignalboxError `InvalidOption`, `BoxClosed` */
  on(event: '*', listener: (raised: AnyEvent) => unknown): () => void;
  /**
   * The next event that `matches`. It waits for ever, unless `abortSignal` ends the wait.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`; the reason of `abortSignal`
   * @example await box.next('delivery.completed', ({ receiver }) => receiver === 'Orders.onPaid', { abortSignal: AbortSignal.timeout(5_000) });
   */
  next<E extends EventName>(event: E, matches?: (event: SignalboxEvents[E]) => boolean, options?: WaitOptions): Promise<SignalboxEvents[E]>;
  /**
   * Stops its workers and lets go of the database object, whose connections stay open: they are yours.
   * @throws SignalboxError `WaitsForItself` in a receiver that one of its workers runs
   */
  close(): Promise<void>;
  /** {@link Signalbox.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
