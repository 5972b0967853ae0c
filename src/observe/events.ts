// The lifecycle events of a box, typed, and the hub that hands them out. Events are raised after the write that they
// tell of, never before. A listener that throws is reported to the log; it stops nobody.
import { WAIT_OPTIONS, type WaitOptions } from '../core/abort.ts';
import type { Logger } from '../core/logger.ts';
import { apart } from './async-context.ts';
import { checkOptions, checkValue, type OptionTable } from '../core/options.ts';
import { callable, oneOf } from '../core/rules.ts';

/** Which delivery an event is about. */
export interface DeliveryEvent {
  /** A bigint as text. */
  readonly deliveryId: string;
  /** UUID (version 7). */
  readonly emissionId: string;
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name. */
  readonly receiver: string;
  /** Which run this is, from 1. Runs that do not count are not numbered. */
  readonly attempt: number;
  /** The fence of this claim: no two claims of a delivery have the same. */
  readonly epoch: number;
}

/** Which worker an event is about. */
export interface WorkerEvent {
  /** Its id in `signalbox.worker`. */
  readonly workerId: number;
}

/** Which receiver an event is about. */
export interface ReceiverEvent {
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name. */
  readonly receiver: string;
}

/** Every event and what it carries. Durations are in milliseconds. */
export interface SignalboxEvents {
  /** A worker has taken the delivery and calls its receiver now. */
  'delivery.started': DeliveryEvent;
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
  /** What the receiver calls is back: a delivery that probed it has ended in another way. */
  'receiver.resumed': WorkerEvent & ReceiverEvent & { readonly pausedMs: number };
  /** `queues` is empty when it serves all of them. */
  'worker.started': WorkerEvent & {
    /** Where it works, as `user@host:port/database`; never the password. */
    readonly database: string;
    readonly concurrency: number;
    readonly queues: readonly string[];
    readonly receivers: readonly string[];
  };
  /** The worker looked and found nothing more to take. */
  'worker.idle': WorkerEvent;
  /** Others found this worker dead (it was frozen or cut off); it goes on under a new id. */
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
}

/** The name of an event: `delivery.completed`. */
export type EventName = keyof SignalboxEvents;

const NAMES = {
  'delivery.started': true,
  'delivery.completed': true,
  'delivery.retrying': true,
  'delivery.dead': true,
  'delivery.cancelled': true,
  'delivery.released': true,
  'delivery.stale': true,
  'delivery.rescued': true,
  'receiver.paused': true,
  'receiver.resumed': true,
  'worker.started': true,
  'worker.idle': true,
  'worker.lost': true,
  'worker.failing': true,
  'worker.recovered': true,
  'worker.stopping': true,
  'worker.stopped': true,
  'maintenance.failed': true,
} satisfies Record<EventName, true>;
const eventName = oneOf(...Object.keys(NAMES));

type Listener<E extends EventName> = (event: SignalboxEvents[E]) => unknown;

/** A listener for each event that is listened to. */
export type EventListeners = { readonly [E in EventName]?: (event: SignalboxEvents[E]) => unknown };

export const EVENT_LISTENERS = Object.fromEntries(Object.keys(NAMES).map((name) => [name, callable])) as OptionTable<EventListeners>;

export class Events {
  readonly #listeners = new Map<EventName, Set<Listener<never>>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Calls `listener` for each `event` from now on. Returns the undo. @throws SignalboxError `InvalidOption` */
  on<E extends EventName>(event: E, listener: Listener<E>): () => void {
    checkValue(event, eventName, 'box.on', 'the event');
    checkValue(listener, callable, 'box.on', 'the listener');
    const listeners = this.#listeners.get(event) ?? new Set();
    // A function of its own, so that a listener given twice is undone once.
    const own: Listener<E> = (raised) => listener(raised);
    this.#listeners.set(event, listeners.add(own));
    return () => void listeners.delete(own);
  }

  /** Calls each of the listeners for its event from now on. Returns the undo. */
  onEach(listeners: EventListeners): () => void {
    const undo = Object.entries(listeners).map(([event, listener]) => this.on(event as EventName, listener as Listener<EventName>));
    return () => {
      for (const off of undo) off();
    };
  }

  /** The next `event` that `matches`. @throws SignalboxError `InvalidOption`; the reason of `abortSignal` when that is aborted */
  next<E extends EventName>(
    event: E,
    matches: (event: SignalboxEvents[E]) => boolean = () => true,
    options: WaitOptions = {},
  ): Promise<SignalboxEvents[E]> {
    checkValue(event, eventName, 'box.next', 'the event');
    checkValue(matches, callable, 'box.next', 'its condition');
    checkOptions(options, WAIT_OPTIONS, 'box.next');
    const { abortSignal } = options;
    return new Promise((resolve, reject) => {
      abortSignal?.throwIfAborted();
      const end = (): void => {
        off();
        abortSignal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        reject(abortSignal!.reason as Error);
      };
      abortSignal?.addEventListener('abort', onAbort);
      const off = this.on(event, (raised) => {
        if (!matches(raised)) return;
        end();
        resolve(raised);
      });
    });
  }

  raise<E extends EventName>(event: E, raised: SignalboxEvents[E]): void {
    const listeners = this.#listeners.get(event);
    if (!listeners) return;
    // What a listener enters with `enterWith` ends with it, except that the receiver that starts now sees it.
    const within = event === 'delivery.started' ? (work: () => unknown): unknown => work() : apart;
    // A copy: whoever is added by a listener hears the next event, and not this one.
    for (const listener of Array.from(listeners)) {
      if (!listeners.has(listener)) continue;
      const failed = (error: unknown): void => this.#log.error({ err: error, event }, `a listener of ${event} threw`);
      try {
        const heard = within(() => (listener as (event: SignalboxEvents[E]) => unknown)(raised)) as
          | Partial<PromiseLike<unknown>>
          | null
          | undefined;
        // Also what only acts as a promise: nobody else would hear of its failure.
        if (typeof heard?.then === 'function') heard.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}
