// The lifecycle events of a box: what each of them carries.

/** The fields of every event. */
export interface BoxEvent {
  /** The time at which it was raised, by the clock of this process. */
  readonly at: Date;
}

/** The delivery of an event. */
export interface DeliveryEvent extends BoxEvent {
  /** A bigint as text. */
  readonly deliveryId: string;
  /** UUID (version 7). */
  readonly emissionId: string;
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name. */
  readonly receiver: string;
  /** The number of this run, from 1. Runs that do not count are not numbered. */
  readonly attempt: number;
  /** The fence of this claim: no two claims of a delivery have the same. */
  readonly epoch: number;
  /** The worker that claimed the delivery, or rescued it. */
  readonly workerId: number;
  /** The queue of the receiver; empty if this process does not know it. */
  readonly queue: string;
}

/** An act of an operator, through `box.deliveries` of this process. */
export interface OperatorEvent extends BoxEvent {
  /** UUID (version 7). */
  readonly emissionId: string;
  /** The stored name of the receiver to which the act was limited; empty if it was for all. */
  readonly receiver: string;
  /** The deliveries that it changed, bigints as text; none if there was nothing to change. */
  readonly deliveryIds: readonly string[];
  /** The operator, as named with the act; `code` if none was. */
  readonly by: string;
}

/** The receiver or queue that an operator has paused or resumed. */
export interface PauseEvent extends BoxEvent {
  /** The name with which it was called; empty for a queue. */
  readonly receiver: string;
  /** Empty for a receiver. */
  readonly queue: string;
  /** The operator, as named with the act; `code` if none was. */
  readonly by: string;
}

/** The errand of an event. */
export interface ErrandEvent extends BoxEvent {
  /** UUID (version 7). */
  readonly errandId: string;
  /** What it does: `retry`, `replay`, `cancel`, `move` or `retire`. */
  readonly act: string;
  /** The operator, as named when it was begun. */
  readonly by: string;
}

/** How far an errand is. */
export interface ErrandProgress extends ErrandEvent {
  /** Deliveries that it has changed so far. */
  readonly done: number;
  /** Deliveries that matched, and were changed by others before it came to them. */
  readonly skipped: number;
}

/** The worker of an event. */
export interface WorkerEvent extends BoxEvent {
  /** Its id in `signalbox.worker`. */
  readonly workerId: number;
}

/** The receiver of an event. */
export interface ReceiverEvent {
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name. */
  readonly receiver: string;
}

/** Every event and what it carries. Durations are in milliseconds. */
export interface SignalboxEvents {
  /**
   * An emission was stored, and the transaction of its sender has committed. Not raised for a transaction that was opened past the database
   * object of the box, whose commit the box does not learn of.
   */
  'emission.stored': BoxEvent & { readonly emissionId: string; readonly signal: string; readonly deliveries: number };
  /** A worker has taken the delivery and calls its receiver now. */
  'delivery.started': DeliveryEvent & { readonly lagMs: number };
  /** The receiver returned; its writes and the completion are committed, though the answer to the COMMIT may have been lost. */
  'delivery.completed': DeliveryEvent & { readonly durationMs: number };
  /** The receiver failed, or asked for later; it runs again after `delayMs`. */
  'delivery.retrying': DeliveryEvent & { readonly durationMs: number; readonly error: unknown; readonly delayMs: number };
  /** The retry budget is spent, or no retry can help. */
  'delivery.dead': DeliveryEvent & { readonly durationMs: number; readonly error: unknown };
  /** The receiver discarded it; `error` is its `Discard`. */
  'delivery.cancelled': DeliveryEvent & { readonly durationMs: number; readonly error: unknown };
  /**
   * Given back unfinished: the worker stops, lost a connection, or could not call the receiver. Costs no attempt. `signal` and `receiver`
   * are empty if the receiver was disconnected after the claim.
   */
  'delivery.released': DeliveryEvent;
  /** The delivery was no longer this worker's: what it did for it is void. */
  'delivery.stale': DeliveryEvent;
  /** Taken back from a worker that died. */
  'delivery.rescued': DeliveryEvent & { readonly crashes: number };
  /** Its receiver threw `Unavailable`: this worker calls it for one delivery at a time from now on, after `delayMs` at first. */
  'receiver.paused': WorkerEvent & ReceiverEvent & { readonly delayMs: number; readonly error: unknown };
  /** The service that the receiver calls is available again: a delivery that probed it has ended in another way. */
  'receiver.resumed': WorkerEvent & ReceiverEvent & { readonly pausedMs: number };
  /** `box.deliveries.retry` was called. */
  'operator.retried': OperatorEvent;
  /** `box.deliveries.replay` was called. */
  'operator.replayed': OperatorEvent;
  /** `box.deliveries.cancel` was called. */
  'operator.cancelled': OperatorEvent & { readonly reason: string };
  /** A receiver or a queue was paused by `box.receivers.pause` or `box.queues.pause`. Not raised if it had been paused already. */
  'operator.paused': PauseEvent;
  /** A receiver or a queue was resumed by `box.receivers.resume` or `box.queues.resume`. Not raised if it was not paused. */
  'operator.resumed': PauseEvent;
  /** A receiver was retired by `box.receivers.retire`: it gets no new deliveries. */
  'operator.retired': BoxEvent & { readonly receiver: string; readonly by: string };
  /** An errand was begun. */
  'errand.begun': ErrandEvent;
  /** This process has done a batch of an errand, which changed `changed` deliveries. */
  'errand.advanced': ErrandProgress & { readonly changed: number };
  /** An errand was paused by an operator. */
  'errand.paused': ErrandEvent;
  /** An errand was resumed by an operator. */
  'errand.resumed': ErrandEvent;
  /** An errand has ended: this process has done its last batch, or an operator has stopped it. */
  'errand.ended': ErrandProgress & { readonly state: 'done' | 'stopped' };
  /** `queues` is empty when it serves all of them. */
  'worker.started': WorkerEvent & {
    /** The database of the worker, as `user@host:port/database`; never the password. */
    readonly database: string;
    readonly concurrency: number;
    readonly queues: readonly string[];
    readonly receivers: readonly string[];
  };
  /** The worker looked and found nothing more to take. */
  'worker.idle': WorkerEvent;
  /** Others found this worker dead (it was frozen or cut off); it continues under a new id. */
  'worker.lost': WorkerEvent & { readonly newWorkerId: number };
  /** The database does not answer or refuses, or receivers cannot be called; raised once, until all is well again. */
  'worker.failing': WorkerEvent & { readonly error: unknown };
  /** The database answers again, and receivers can be called. */
  'worker.recovered': WorkerEvent;
  /** It claims nothing more; `running` deliveries are still under way. */
  'worker.stopping': WorkerEvent & { readonly running: number };
  /** It has signed off. */
  'worker.stopped': WorkerEvent;
  /** A maintenance task of the worker failed; the worker runs it again after `delayMs`. `failures`: how many runs in a row have failed. */
  'maintenance.failed': WorkerEvent & {
    readonly task: string;
    readonly error: unknown;
    readonly failures: number;
    readonly delayMs: number;
  };
  /** Retention has deleted rows: emissions with their deliveries, and the stored errors of these. `durationMs`: of the work, without rests. */
  'maintenance.pruned': BoxEvent & {
    readonly emissions: number;
    readonly deliveries: number;
    readonly errors: number;
    readonly durationMs: number;
  };
}

/** The name of an event: `delivery.completed`. */
export type EventName = keyof SignalboxEvents;

/** Any event, with its name: what a listener of `'*'` is called with. */
export type AnyEvent = { [E in EventName]: { readonly name: E; readonly event: SignalboxEvents[E] } }[EventName];

/** The names that listeners may use. */
export interface Heard extends SignalboxEvents {
  '*': AnyEvent;
}

export type Listener<E extends keyof Heard> = (event: Heard[E]) => unknown;

/** A listener for each event that is listened to; that of `'*'` hears all. */
export type EventListeners = { readonly [E in keyof Heard]?: (event: Heard[E]) => unknown };

/** The fields of an event, as its place knows them. */
export type Fields<E extends EventName> = Omit<SignalboxEvents[E], 'at'>;
