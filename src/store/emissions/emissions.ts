// Emissions in the store: appended with their deliveries, in the caller's transaction.
import type { Run } from '../../drivers/driver.ts';
import type { Namespace } from '../namespace.ts';
import { intArray } from '../params.ts';
import { append, appendCaused } from './emissions.sql.ts';

/** An emission to be stored. Payload and headers are JSON text. */
export interface NewEmission {
  readonly id: string;
  readonly payload: string;
}

/** The receiver that emits. */
export interface EmissionCause {
  /** The emission that it has; null if it has several. */
  readonly emissionId: string | null;
  /** Its id in the catalogue, as its delivery carries it. */
  readonly receiverId: number;
}

export interface AppendOptions {
  readonly signal: string;
  readonly version: number;
  readonly headers: string | null;
  readonly runAt: Date | undefined;
  readonly delayMs: number;
  readonly headStartHours: number;
  /** Catalogue ids of this process's own receivers of the signal. */
  readonly ownReceivers: readonly number[];
  /** Without one, no receiver emits. */
  readonly cause?: EmissionCause | undefined;
}

export interface Appended {
  /** The number of deliveries of each emission. */
  readonly deliveries: number;
  /** The id of the transaction, that of the outermost one in a savepoint. */
  readonly xid: string;
  /** Own receivers have other ids by now than this process knows. */
  readonly moved: boolean;
}

export class EmissionsStore {
  readonly #namespace: Namespace;
  readonly #notifiesAlways: boolean;

  /** @param notifiesAlways whether an append notifies also when no worker sleeps: a single session cannot tell */
  constructor(namespace: Namespace, { notifiesAlways }: { readonly notifiesAlways: boolean }) {
    this.#namespace = namespace;
    this.#notifiesAlways = notifiesAlways;
  }

  /** Appends emissions of one signal, at least one, in the transaction of `run`. */
  async append(run: Run, emissions: readonly NewEmission[], options: AppendOptions): Promise<Appended> {
    const items = `[${emissions.map(({ id, payload }) => `{"id":"${id}","payload":${payload}}`).join(',')}]`;
    const { cause } = options;
    const params = paramsOf(items, options, this.#namespace.channel, this.#notifiesAlways);
    const send = this.#namespace.on(run);
    const [row] = cause ? await send(appendCaused, [...params, cause.emissionId, cause.receiverId]) : await send(append, params);
    return { deliveries: row!.deliveries, xid: row!.xid, moved: row!.moved };
  }
}

/** The first ten parameters of each statement that appends. */
export const paramsOf = (items: string, options: AppendOptions, channel: string, notifiesAlways: boolean): (string | number | null)[] => [
  options.signal,
  options.version,
  items,
  options.headers,
  options.runAt?.toISOString() ?? null,
  options.delayMs,
  options.headStartHours,
  intArray(options.ownReceivers),
  channel,
  String(notifiesAlways),
];
