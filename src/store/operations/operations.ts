// Deliveries as operators see them, and what operators do with them.
import type { ErrorRecord, DeliveryState, SettledState } from '../../core/delivery.ts';
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import type { Namespace } from '../namespace.ts';
import { textArray } from '../params.ts';
import { type DeliveryQuery, filterParams, receiversOf } from './filter.ts';
import * as sql from './operations.sql.ts';

/** One failed run. */
export interface DeliveryFailure {
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  /** When it was recorded, by the database's clock. */
  readonly at: Date;
  /** `name` of the error, 200 characters at most; `Thrown` for what was no error. */
  readonly name: string;
  /** 4,000 characters at most. */
  readonly message: string;
  /** The nearest code of the error and of its causes, if one has any: of Signalbox, of the database (SQLSTATE), of the system, of a library. */
  readonly code: string | undefined;
}

/** A delivery as an operator sees it: without its payload. */
export interface Delivery {
  /** A bigint as text. */
  readonly id: string;
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name of the receiver. */
  readonly receiver: string;
  /** Where it is in its life. */
  readonly state: DeliveryState;
  /** Version of the payload's shape. */
  readonly version: number;
  /** How often it was replayed. */
  readonly generation: number;
  /** The fence: raised by every act that takes the delivery from the run that has it. */
  readonly epoch: number;
  /** Runs that count against the retry budget. */
  readonly attempt: number;
  /** How often it was rescued from a dead worker. */
  readonly crashes: number;
  /** By the database's clock; `undefined` if its emission was deleted. */
  readonly emittedAt: Date | undefined;
  /** When it is or was due; `undefined` once it is finished. */
  readonly runAt: Date | undefined;
  /** When it was settled; `undefined` while it is live. */
  readonly finishedAt: Date | undefined;
  /** Oldest first; of a cancelled one, the last is the reason. */
  readonly errors: readonly DeliveryFailure[];
}

/** Which deliveries: all of an emission, or that of one receiver. */
export interface DeliveryAddress {
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** The stored name. Default: all receivers. */
  readonly receiver?: string;
}

export class OperationsStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(pool: Run, namespace: Namespace) {
    this.#pool = pool;
    this.#namespace = namespace;
  }

  async find(
    query: DeliveryQuery,
    { beforeId, limit }: { readonly beforeId?: string | undefined; readonly limit: number },
  ): Promise<Delivery[]> {
    const receivers = await receiversOf(this.#pool, query);
    return (await this.#pool(sql.findDeliveries, [...filterParams(query, receivers), beforeId ?? null, limit])).map(deliveryOf);
  }

  /** Returns the ids of those that it brought back. */
  async requeue({ emissionId, receiver }: DeliveryAddress, from: readonly SettledState[], generations: 0 | 1): Promise<string[]> {
    return ids(
      await this.#pool(sql.requeueDeliveries, [emissionId, receiver ?? null, textArray(from), generations, this.#namespace.channel]),
    );
  }

  async makeDue({ emissionId, receiver }: DeliveryAddress): Promise<string[]> {
    return ids(await this.#pool(sql.makeDeliveriesDue, [emissionId, receiver ?? null, this.#namespace.channel]));
  }

  async cancel({ emissionId, receiver }: DeliveryAddress, error: ErrorRecord): Promise<string[]> {
    const params = [emissionId, receiver ?? null, JSON.stringify(error)];
    const live = await this.#pool(sql.cancelDeliveries, params);
    return ids([...live, ...(await this.#pool(sql.cancelDead, params))]);
  }

  /** `undefined`: there is no such emission, or none that is committed. */
  async countLive(emissionId: string): Promise<number | undefined> {
    const [row] = await this.#pool(sql.countLive, [emissionId]);
    return row!.there ? row!.live : undefined;
  }
}

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

function deliveryOf(row: RowOf<typeof sql.findDeliveries.columns>): Delivery {
  const date = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));
  const errors = (row.errors === null ? [] : JSON.parse(row.errors)) as (Omit<DeliveryFailure, 'at' | 'code'> & {
    at: number;
    code: string | null;
  })[];
  return {
    id: row.id,
    emissionId: row.emission_id,
    signal: row.signal,
    receiver: row.receiver,
    state: row.state as DeliveryState,
    version: row.version,
    generation: row.generation,
    epoch: row.epoch,
    attempt: row.attempt,
    crashes: row.crashes,
    emittedAt: row.emitted_at_ms === null ? undefined : new Date(row.emitted_at_ms),
    runAt: date(row.run_at_ms),
    finishedAt: date(row.finished_at_ms),
    errors: errors.map(({ at, code, ...error }) => ({ ...error, at: new Date(at), code: code ?? undefined })),
  };
}
