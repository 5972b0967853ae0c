// The hub that hands out the lifecycle events of a box. An event is raised after the write that it reports, never
// before. A listener that throws is reported to the log; the other listeners and the work go on. An event without a listener costs a
// look into a map, and its fields are not even gathered where that happens for each delivery (`has`).
import { WAIT_OPTIONS, type WaitOptions } from '../core/abort.ts';
import type { Logger } from '../core/logger.ts';
import { apart, neutrally } from './async-context.ts';
import { checkOptions, checkValue, type OptionTable } from '../core/options.ts';
import { callable, oneOf } from '../core/rules.ts';
import type { EventListeners, EventName, Fields, Heard, Listener, SignalboxEvents } from './event-types.ts';

const NAMES = {
  'emission.stored': true,
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
  'operator.retried': true,
  'operator.replayed': true,
  'operator.cancelled': true,
  'operator.paused': true,
  'operator.resumed': true,
  'operator.retired': true,
  'errand.begun': true,
  'errand.advanced': true,
  'errand.paused': true,
  'errand.resumed': true,
  'errand.ended': true,
  'worker.started': true,
  'worker.idle': true,
  'worker.lost': true,
  'worker.failing': true,
  'worker.recovered': true,
  'worker.stopping': true,
  'worker.stopped': true,
  'maintenance.failed': true,
  'maintenance.pruned': true,
} satisfies Record<EventName, true>;
const eventName = oneOf(...Object.keys(NAMES));
const eventOrAll = oneOf('*', ...Object.keys(NAMES));

export const EVENT_LISTENERS = Object.fromEntries(
  ['*', ...Object.keys(NAMES)].map((name) => [name, callable]),
) as OptionTable<EventListeners>;

export class Events {
  readonly #listeners = new Map<keyof Heard, Set<Listener<never>>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Calls `listener` for each `event` from now on, for every one if that is `'*'`. Returns the undo. @throws SignalboxError `InvalidOption` */
  on<E extends keyof Heard>(event: E, listener: Listener<E>): () => void {
    checkValue(event, eventOrAll, 'box.on', 'the event');
    checkValue(listener, callable, 'box.on', 'the listener');
    const listeners = this.#listeners.get(event) ?? new Set();
    // A function of its own, so that a listener given twice is undone once.
    const own: Listener<E> = (raised) => listener(raised);
    this.#listeners.set(event, listeners.add(own));
    return () => {
      // Without a listener there is no entry, which is what `has` looks at.
      if (listeners.delete(own) && listeners.size === 0 && this.#listeners.get(event) === listeners) this.#listeners.delete(event);
    };
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

  /** Whether `event` has a listener: for a place that is passed for each delivery. */
  has(event: EventName): boolean {
    return this.#listeners.has(event) || this.#listeners.has('*');
  }

  raise<E extends EventName>(event: E, fields: Fields<E>): void {
    if (!this.has(event)) return;
    const raised = { ...fields, at: new Date() } as unknown as SignalboxEvents[E];
    // A store that a listener enters with `enterWith` ends with it, except that the receiver that starts now sees it.
    this.#call(event, event, raised, event === 'delivery.started' ? (work: () => unknown): unknown => work() : apart);
    this.#call(event, '*', { name: event, event: raised }, apart);
  }

  /** {@link raise} from an async context of the application, which listeners do not see. */
  raiseNeutrally<E extends EventName>(event: E, fields: Fields<E>): void {
    if (this.has(event)) neutrally(() => this.raise(event, fields));
  }

  #call(event: EventName, of: keyof Heard, raised: object, within: (work: () => unknown) => unknown): void {
    const listeners = this.#listeners.get(of);
    if (!listeners) return;
    // A copy: a listener that another one adds hears the next event, and not this one.
    for (const listener of Array.from(listeners)) {
      if (!listeners.has(listener)) continue;
      const failed = (error: unknown): void => this.#log.error({ err: error, event }, `a listener of ${event} threw`);
      try {
        const heard = within(() => (listener as (raised: object) => unknown)(raised)) as Partial<PromiseLike<unknown>> | null | undefined;
        // Also what only acts as a promise: its failure would be heard nowhere else.
        if (typeof heard?.then === 'function') heard.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}
