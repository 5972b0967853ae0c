// The public surface of Signalbox.
import './decorators/metadata.ts';

export { createSignalbox } from './signalbox.ts';
export type { Signalbox } from './box/box.ts';
export type { WaitOptions } from './core/abort.ts';
export type { SignalboxOptions, Testing } from './box/options.ts';
export type { DrainOptions } from './box/drain.ts';
export type { BoxReceivers, ConnectOptions } from './box/receivers.ts';
export type { BoxWorkers } from './box/workers.ts';
export type { BoxFramework } from './box/services.ts';

// signals
export { defineSignal, defineSignals, type Signals } from './core/define-signal.ts';
export type { EmittedBy, PayloadOf, Signal, SignalOptions, Upcast } from './core/signal.ts';
export type { EmissionReceipt, EmitManyOptions, EmitOptions, ReceiverResult } from './core/dispatcher.ts';

// receivers and services
export { OnSignal, type BatchOptions, type OnSignalOptions, type PayloadOfAny, type SignalOrSignals } from './decorators/on-signal.ts';
export { Service, type Injectable, type Scope, type ServiceOptions } from './decorators/service.ts';
export type { DeliveryContext, DetachedDeliveryContext, EmissionInfo } from './core/context.ts';
export type { BatchContext, BatchItem, DetachedBatchContext } from './core/batch.ts';
export { Discard, RetryAfter, Unavailable, Unrecoverable } from './core/outcome.ts';
export type { Isolation } from './core/isolation.ts';
export type { RetryOptions } from './core/retry.ts';
export type { Duration } from './core/duration.ts';
export type { Class } from './core/receivers.ts';

// operating
export type { Deliveries } from './operate/deliveries.ts';
export type { DeadGroups, Counted, DeliveryCount, DeliveryPage, PageOptions, PageOrder } from './operate/paging.ts';
export type { DeliveryDetails, EmissionDetails, OneDelivery } from './operate/reads.ts';
export type { DeadGroup } from './operate/groups.ts';
export { BUCKET_BOUNDS, quantileOf, type TallyOutcome } from './core/tally.ts';
export type { BoxTallies, EmitTally, Gauge, RunTally, RunTallyOptions, Tallied, TallyOptions, WorkerTally } from './operate/tallies.ts';
export type { BoxSignals, BoxStatus, ListedReceiver, ListedSignal, ReceiverStatus, WorkerStatus } from './operate/status.ts';
export type { Redaction } from './operate/redaction.ts';
export type { DeliveryFilter, PayloadFilter } from './operate/filter.ts';
export type { ActOptions, Audit, AuditQuery } from './operate/audit.ts';
export type { AuditEntry } from './store/audit/audit.ts';
export type { ErrandPreview, Errands, ErrandQuery, WorkOptions } from './operate/errands/errands.ts';
export type { MoveOptions, RetireOptions, Retirement } from './operate/errands/receiver-acts.ts';
export type { ErrandRequest } from './operate/errands/request.ts';
export type { Errand, ErrandAct, ErrandState } from './store/errands/errand.ts';
export type { DeliveryQuery } from './store/operations/filter.ts';
export type { Queues } from './operate/pause.ts';
export type { PausedQueue } from './store/catalogue/pause.ts';
export type { Emissions } from './operate/emissions.ts';
export type { Caused, CausedEmission, EmissionCauseInfo } from './operate/causes.ts';
export type { EraseOptions, EraseResult } from './operate/erase.ts';
export type { PartitionMigrationOptions, Partitions, TendOptions, TendResult } from './operate/partitions.ts';
export type { Every } from './core/periods.ts';
export type { PruneOptions, PruneResult } from './operate/prune.ts';
export type { RetentionOptions } from './core/retention.ts';
export type { Delivery, DeliveryAddress, DeliveryFailure } from './store/operations/delivery.ts';
export type { DetailedFailure, FoundDelivery } from './store/operations/details.ts';
export type { AbsentReceiver, Announcement, CataloguedReceiver } from './store/catalogue/announcement.ts';
export type { MigrateOptions } from './store/schema/migrate.ts';
export type { DoctorOptions } from './operate/doctor/doctor.ts';
export type { Manifest, ManifestProblem } from './core/manifest.ts';
export type { Check, Finding } from './operate/doctor/finding.ts';
export type { SequenceRepair } from './store/sequences/sequences.ts';
export type { FetchHandler, HealthHandlerOptions, MetricsSource } from './operate/health-handler.ts';
export type { Health, WorkerHealth } from './operate/health.ts';
export type { DeliveryState, SettledState } from './core/delivery.ts';

// dependency injection
export { Token } from './core/token.ts';
export { type Container, inject } from './container/registry.ts';
export { provide, type Provider, type ProviderLiteral, type Provision } from './container/provider.ts';

// transactions
export { Db } from './transaction/ambient-db.ts';
export { Transactional, type TransactionalOptions } from './transaction/transactional.ts';
export type {
  AmbientDatabase,
  DatabaseHandle,
  Register,
  RegisteredDatabase,
  RegisteredTransaction,
  ReliableHandle,
  TransactionHandle,
  TransactionOf,
} from './core/handles.ts';

// working
export type { Worker } from './worker/worker.ts';
export type { StopOptions, WorkerOptions } from './worker/options.ts';
export type { DrainResult } from './worker/drain.ts';
export type { OnFailure } from './worker/immediate.ts';
export type {
  AnyEvent,
  BoxEvent,
  DeliveryEvent,
  ErrandEvent,
  ErrandProgress,
  EventListeners,
  EventName,
  OperatorEvent,
  PauseEvent,
  ReceiverEvent,
  SignalboxEvents,
  WorkerEvent,
} from './observe/event-types.ts';
export type { OutsideWrites } from './transaction/outside-writes.ts';
export type { GivenLogger, Logger } from './core/logger.ts';

// extensions
export type { Extension } from './box/extension.ts';
export type { EmitInfo, NextEmit, NextReceive, ReceivedDelivery, ReceiveInfo } from './core/extension.ts';
export type { MaintenanceTask } from './maintenance/task.ts';

// errors
export { ERROR_CODES, isSignalboxError, SignalboxError, type ErrorCode, type ErrorDetails } from './errors.ts';
