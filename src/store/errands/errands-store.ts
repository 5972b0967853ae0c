// Errands in the store: begun, listed, changed, and carried on batch by batch.
import type { Run } from '../../drivers/driver.ts';
import type { RowOf, Statement } from '../../drivers/statement.ts';
import type { Namespace } from '../namespace.ts';
import { filterParams, receiversOf } from '../operations/filter.ts';
import type { DeliveryQuery } from '../operations/filter.ts';
import * as batches from './batch.sql.ts';
import type { Errand, ErrandAct, ErrandBatch, ErrandCursor, ErrandOptions, ErrandState, OwnErrand } from './errand.ts';
import * as sql from './errands.sql.ts';
import { movesTo, retireReceiver } from './retire.sql.ts';

/** What a stage of an errand does to the deliveries of its walk. */
export const STAGES = {
  requeueUnfinished: batches.requeueUnfinished,
  requeueSettled: batches.requeueSettled,
  makeDue: batches.makeDueBatch,
  cancelLive: batches.cancelLiveBatch,
  cancelDead: batches.cancelDeadBatch,
  moveLive: batches.moveLiveBatch,
  moveDead: batches.moveDeadBatch,
} as const satisfies Record<string, Statement<typeof batches.requeueUnfinished.columns>>;

export type Stage = keyof typeof STAGES;

/** A batch of an errand: where it is, and where it goes when the walk of the stage has ended. */
export interface BatchPlan {
  readonly stage: Stage;
  readonly cursor: ErrandCursor;
  /** The next stage; `undefined` after the last. */
  readonly next: ErrandCursor | undefined;
  /** Another pass through the stage, if it has passes. */
  readonly again: ErrandCursor | undefined;
}

export interface ErrandBeginning extends Pick<Errand, 'id' | 'act' | 'by'> {
  /** With a payload's value. */
  readonly filter: DeliveryQuery;
  readonly options: ErrandOptions;
  readonly cursor: ErrandCursor;
  readonly fingerprint: string;
}

/** Rows that a batch looks at: a filter that hardly any row matches must come on. */
const LOOKS_AT = 10_000;
/** Deliveries that it acts on: as many as a transaction of a tenth of a second. */
const ACTS_ON = 1_000;

export class ErrandsStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(pool: Run, namespace: Namespace) {
    this.#pool = pool;
    this.#namespace = namespace;
  }

  /** Returns whether it was begun: not while an unfinished one has its fingerprint. */
  async begin({ id, act, by, filter, options, cursor, fingerprint }: ErrandBeginning): Promise<boolean> {
    const params = [id, act, JSON.stringify(filter), JSON.stringify(options), JSON.stringify(cursor), fingerprint, by];
    return (await this.#pool(sql.beginErrand, params)).length > 0;
  }

  /** The id of the unfinished errand that has a fingerprint. */
  async same(fingerprint: string): Promise<string | undefined> {
    return (await this.#pool(sql.sameErrand, [fingerprint]))[0]?.id;
  }

  async get(id: string): Promise<OwnErrand | undefined> {
    return (await this.#pool(sql.getErrand, [id])).map(ownErrandOf)[0];
  }

  async unfinished(): Promise<OwnErrand[]> {
    return (await this.#pool(sql.unfinishedErrands, [])).map(ownErrandOf);
  }

  async list(beforeId: string | undefined, limit: number): Promise<OwnErrand[]> {
    return (await this.#pool(sql.listErrands, [beforeId ?? null, limit])).map(ownErrandOf);
  }

  /** Returns its state before; `undefined`: it has ended, or there is none. */
  async change(id: string, state: Exclude<ErrandState, 'done'>): Promise<ErrandState | undefined> {
    return (await this.#pool(sql.changeErrand, [id, state]))[0]?.was as ErrandState | undefined;
  }

  /** Does the next batch. `undefined`: another process does it, or the errand is not as it was read. */
  async advance({ id, filter, options }: OwnErrand, { stage, cursor, next, again }: BatchPlan): Promise<ErrandBatch | undefined> {
    const receivers = options.to ? Object.keys(options.to).map(Number) : await receiversOf(this.#pool, filter);
    const json = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));
    const [row] = await this.#pool(STAGES[stage], [
      id,
      json(cursor),
      json(cursor.at),
      LOOKS_AT,
      ACTS_ON,
      cursor.left,
      json(next),
      json(again),
      json(options),
      this.#namespace.channel,
      ...filterParams(filter, receivers),
    ]);
    if (!row) return undefined;
    const { changed, waits, done, skipped } = row;
    return { changed, waits, done, skipped, state: row.state as ErrandState };
  }

  /** Retires a receiver, under all its names. */
  async retire(name: string): Promise<{ readonly found: number; readonly changed: number }> {
    return (await this.#pool(retireReceiver, [name]))[0]!;
  }

  /** Where the deliveries of a receiver go that become another's, by the ids that they carry; `undefined` where the other does not receive the signal. */
  async movesTo(
    from: string,
    to: string,
  ): Promise<readonly { readonly id: number; readonly signal: string; readonly to: number | undefined }[]> {
    return (await this.#pool(movesTo, [from, to])).map(({ id, signal, to_id: toId }) => ({ id, signal, to: toId ?? undefined }));
  }

  /** What transactions with lower numbers have written is known once they have ended. */
  async nextTransaction(): Promise<string> {
    return (await this.#pool(sql.nextTransaction, []))[0]!.xid;
  }
}

function ownErrandOf(row: RowOf<typeof sql.getErrand.columns>): OwnErrand {
  const options = JSON.parse(row.options) as ErrandOptions;
  return {
    id: row.id,
    act: row.act as ErrandAct,
    filter: JSON.parse(row.filter) as DeliveryQuery,
    options,
    to: options.toName,
    cursor: row.cursor === null ? undefined : (JSON.parse(row.cursor) as ErrandCursor),
    state: row.state as ErrandState,
    done: row.done,
    skipped: row.skipped,
    by: row.actor,
    createdAt: new Date(row.created_at_ms),
    updatedAt: new Date(row.updated_at_ms),
    finishedAt: row.finished_at_ms === null ? undefined : new Date(row.finished_at_ms),
  };
}
