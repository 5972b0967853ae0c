// Emissions with dedupe keys in the store: stored where their key is free, in the caller's transaction.
import type { Run } from '../../drivers/driver.ts';
import type { Namespace } from '../namespace.ts';
import { quotedArray } from '../params.ts';
import { appendDeduped, forgetDedupe, readDedupe } from './deduped.sql.ts';
import { type AppendOptions, type NewEmission, paramsOf } from './emissions.ts';

/** An emission to be stored if its key is free. */
export interface KeyedEmission extends NewEmission {
  readonly key: string;
}

/** The emission that has a key. */
export interface KeyHolder {
  readonly id: string;
  /** The number of its deliveries. */
  readonly deliveries: number;
}

export interface AppendedDeduped {
  /** The number of deliveries of each emission that was stored. */
  readonly deliveries: number;
  /** The id of the transaction, if anything was stored. */
  readonly xid: string | undefined;
  readonly moved: boolean;
  /** By key, the emissions that have the others' keys. */
  readonly holders: ReadonlyMap<string, KeyHolder>;
}

export class DedupeStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;
  readonly #notifiesAlways: boolean;

  constructor(pool: Run, namespace: Namespace, { notifiesAlways }: { readonly notifiesAlways: boolean }) {
    this.#pool = pool;
    this.#namespace = namespace;
    this.#notifiesAlways = notifiesAlways;
  }

  /** Appends emissions of one signal, at least one and no key twice, in the transaction of `run`, in which their keys are locked in this order. */
  async append(run: Run, emissions: readonly KeyedEmission[], options: AppendOptions, withinMs: number): Promise<AppendedDeduped> {
    const items = emissions.map(({ id, key, payload }, n) => `{"n":${n},"id":"${id}","key":${JSON.stringify(key)},"payload":${payload}}`);
    const send = this.#namespace.on(run);
    const { cause } = options;
    const params = paramsOf(`[${items.join(',')}]`, options, this.#namespace.channel, this.#notifiesAlways);
    const [row] = await send(appendDeduped, [...params, cause?.emissionId ?? null, cause?.receiverId ?? null, withinMs]);
    const { deliveries, xid, moved, stored, known } = row!;
    const holders = holdersOf(known);
    const fresh = new Set(stored?.split(','));
    const late = emissions.filter(({ id, key }) => !fresh.has(id) && !holders.has(key)).map(({ key }) => key);
    if (late.length > 0) {
      const [read] = await send(readDedupe, [options.signal, quotedArray(late)]);
      for (const [key, holder] of holdersOf(read!.known)) holders.set(key, holder);
    }
    return { deliveries, xid: xid ?? undefined, moved, holders };
  }

  /** Forgets keys whose windows are over. Returns how many. */
  async forget(limit: number): Promise<number> {
    return (await this.#pool(forgetDedupe, [limit]))[0]!.forgotten;
  }
}

const holdersOf = (json: string | null): Map<string, KeyHolder> =>
  new Map(json === null ? [] : Object.entries(JSON.parse(json) as Record<string, KeyHolder>));
