// Reads one delivery or emission with all that is known of it.
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import { type Delivery, type DeliveryFailure, deliveryOf } from './delivery.ts';
import { MANY_ERRORS } from './delivery.sql.ts';
import { textArray } from '../params.ts';
import * as sql from './details.sql.ts';
import { receiversOf } from './filter.ts';

/** A failed run with the stack of its error. */
export interface DetailedFailure extends DeliveryFailure {
  /** The stacks of the error and of its causes, 12,000 characters at most; `undefined` when no error was thrown but another value. */
  readonly stack: string | undefined;
}

/** A delivery, its payload among the rest. */
export interface FoundDelivery extends Delivery {
  readonly errors: readonly DetailedFailure[];
  /** The stored payload as JSON text, whose numbers keep all their digits; `undefined` if the emission was deleted. */
  readonly payload: string | undefined;
  /** The headers as JSON text; `undefined` without any. */
  readonly headers: string | undefined;
  /** Of its receiver; `undefined` if the catalogue has lost that. */
  readonly queue: string | undefined;
  /** The worker that has it, or whose run ended it; its label, `host:pid`, while its row is there. */
  readonly worker: { readonly id: number; readonly label: string | undefined } | undefined;
  /** For how long a live one has been due, in milliseconds. */
  readonly lateMs: number | undefined;
  /** The receiver that emitted its emission; `undefined` if none did, or if the emission was deleted. */
  readonly causedBy: EmissionCauseInfo | undefined;
}

/** Who emitted an emission. */
export interface EmissionCauseInfo {
  /** The emission that the receiver had; `undefined` if it had several, as one that takes batches. */
  readonly emissionId: string | undefined;
  /** Its stored name; `undefined` if the catalogue has lost it. */
  readonly receiver: string | undefined;
}

export const causeOf = (row: Pick<EmissionRow, 'caused' | 'caused_by' | 'caused_by_receiver'>): EmissionCauseInfo | undefined =>
  row.caused ? { emissionId: row.caused_by ?? undefined, receiver: row.caused_by_receiver ?? undefined } : undefined;

export type CausedRow = RowOf<typeof sql.causedEmissions.columns>;
export type EmissionRow = RowOf<typeof sql.emissionDetails.columns>;

/** Where a delivery is. */
export interface Place {
  readonly emissionId: string;
  readonly receiverId: number;
}

/** How many entries a search by id looks at in each of its two walks. */
const LOOKED_AT = 50_000;

export class DetailsStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  async delivery(emissionId: string, receiver: string | number): Promise<FoundDelivery | undefined> {
    const ids = typeof receiver === 'number' ? [receiver] : await receiversOf(this.#pool, { receiver });
    const [row] = await this.#pool(sql.deliveryDetails, [emissionId, `{${ids!.join(',')}}`]);
    if (!row) return undefined;
    const delivery = deliveryOf(row, MANY_ERRORS);
    return {
      ...delivery,
      errors: delivery.errors.map((failure) => ({ stack: undefined, ...failure })),
      payload: row.payload ?? undefined,
      headers: row.headers ?? undefined,
      queue: row.queue ?? undefined,
      worker: row.worker_id === null ? undefined : { id: row.worker_id, label: row.worker ?? undefined },
      lateMs: row.late_ms ?? undefined,
      causedBy: causeOf(row),
    };
  }

  async emission(emissionId: string): Promise<EmissionRow | undefined> {
    return (await this.#pool(sql.emissionDetails, [emissionId]))[0];
  }

  /** What the receivers of some emissions have emitted, by id. */
  async caused(emissionIds: readonly string[], most: number): Promise<readonly CausedRow[]> {
    return this.#pool(sql.causedEmissions, [textArray(emissionIds), most]);
  }

  /** Where the delivery of an id is among those of an emission. */
  async locateSibling(emissionId: string, id: string): Promise<Place | undefined> {
    const [row] = await this.#pool(sql.locateSibling, [emissionId, id]);
    return row && { emissionId: row.emission_id, receiverId: row.receiver_id };
  }

  /** Where the delivery of an id is; or how far back the search has looked, `undefined` if it has seen all there is. */
  async locate(id: string): Promise<Place | { readonly backTo: Date | undefined }> {
    const [live] = await this.#pool(sql.locateDelivery, [id]);
    if (live) return { emissionId: live.emission_id, receiverId: live.receiver_id };
    const [row] = await this.#pool(sql.locateSettled, [id, LOOKED_AT]);
    if (row!.emission_id !== null) return { emissionId: row!.emission_id, receiverId: row!.receiver_id! };
    return { backTo: row!.back_to_us === null ? undefined : new Date(Number(row!.back_to_us) / 1_000) };
  }
}
