// Reads deliveries page by page, counts them, and reads the latest dead ones: walks along an index that look at so many entries at most.
import type { DeliveryState } from '../../core/delivery.ts';
import type { Param, Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import { type Delivery, deliveryOf } from './delivery.ts';
import { FEW_ERRORS } from './delivery.sql.ts';
import { type DeliveryQuery, filterParams, receiversOf } from './filter.ts';
import * as sql from './page.sql.ts';

/**
 * `latest`: by emission, the latest first. `finished`: dead and cancelled ones by their end, the latest first. `due`: live ones of some
 * receivers by the time at which they are due.
 */
export type PageOrder = 'latest' | 'finished' | 'due';

/** An entry of a walk: the next one begins behind it. Times are whole microseconds since 1970, as text. */
export interface Position {
  readonly id: string;
  readonly emissionId: string;
  readonly receiverId: number;
  readonly at: string;
}

export interface Walked<T> {
  readonly found: readonly T[];
  /** Where a further walk begins; `undefined` when there is nothing behind. */
  readonly next: Position | undefined;
  /** Set if the walk ended before it had found as many as were wanted: the entry that it has come to. */
  readonly cutAt: Position | undefined;
}

/**
 * How many entries each statement of a walk looks at: few, so that a walk along the index is the cheapest plan whatever the statistics
 * say of the tables. 50,000 together, which take 100 ms or so.
 */
export const WINDOWS: readonly number[] = [1_000, 9_000, 10_000, 10_000, 10_000, 10_000];

const FIRST_EMISSION = '00000000-0000-0000-0000-000000000000';
const LAST_EMISSION = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Of no receiver: ids begin at 1. */
const LAST_RECEIVER = 2_147_483_647;

export class PagesStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  async page(query: DeliveryQuery, order: PageOrder, from: Position | undefined, limit: number): Promise<Walked<Delivery>> {
    const statement = { latest: sql.pageByEmission, finished: sql.pageByEnd, due: sql.pageByDue }[order];
    const params = paramsOf(query, order, await receiversOf(this.#pool, query));
    return walk(from, limit, async (start, window, rows) => {
      const read = await this.#pool(statement, params(start, window, rows));
      return {
        found: read.filter(({ found }) => found).map((row) => ({ of: deliveryOf(row, FEW_ERRORS), position: positionOf(row) })),
        end: endOf(read),
      };
    });
  }

  /** How many match, `most` at most; `more` says that there are, or may be, others. */
  async count(
    query: DeliveryQuery,
    order: PageOrder,
    most: number,
  ): Promise<{ count: number; more: boolean; cutAt: Position | undefined }> {
    const statement = { latest: sql.countByEmission, finished: sql.countByEnd, due: sql.countByDue }[order];
    const params = paramsOf(query, order, await receiversOf(this.#pool, query));
    let count = 0;
    let start: Position | undefined;
    for (const window of WINDOWS) {
      const [row] = await this.#pool(statement, params(start, window, most + 1 - count));
      count += row!.found;
      if (count > most) return { count: most, more: true, cutAt: undefined };
      if (row!.at_us === null) return { count, more: false, cutAt: undefined };
      start = { id: row!.id!, emissionId: row!.emission_id!, receiverId: row!.receiver_id!, at: row!.at_us };
    }
    return { count, more: true, cutAt: start };
  }

  /** The latest dead ones. @param characters of each message */
  async dead(query: DeliveryQuery, limit: number, characters: number): Promise<Walked<DeadRow>> {
    const params = paramsOf(query, 'finished', await receiversOf(this.#pool, query));
    return walk(undefined, limit, async (start, window, rows) => {
      const read = await this.#pool(sql.latestDead, [...params(start, window, rows), characters]);
      return { found: read.filter(({ found }) => found).map((row) => ({ of: row, position: positionOf(row) })), end: endOf(read) };
    });
  }

  /** The deliveries of an emission. */
  async ofEmission(emissionId: string, states: readonly DeliveryState[], limit: number): Promise<Walked<Delivery>> {
    return this.page({ states, emissionId }, 'latest', undefined, limit);
  }
}

export type DeadRow = RowOf<typeof sql.latestDead.columns>;

type Read<T> = (
  start: Position | undefined,
  window: number,
  rows: number,
) => Promise<{ readonly found: readonly { readonly of: T; readonly position: Position }[]; readonly end: Position | undefined }>;

async function walk<T>(from: Position | undefined, limit: number, read: Read<T>): Promise<Walked<T>> {
  const all: { readonly of: T; readonly position: Position }[] = [];
  let start = from;
  for (const window of WINDOWS) {
    // One more than is wanted tells whether there is a next page.
    const { found, end } = await read(start, window, limit + 1 - all.length);
    all.push(...found);
    const page = all.slice(0, limit);
    if (all.length > limit) return { found: page.map(({ of }) => of), next: page.at(-1)!.position, cutAt: undefined };
    if (!end) return { found: page.map(({ of }) => of), next: undefined, cutAt: undefined };
    start = end;
  }
  return { found: all.map(({ of }) => of), next: start, cutAt: start };
}

interface PositionRow {
  readonly id: string;
  readonly emission_id: string;
  readonly receiver_id: number;
  readonly at_us: string;
}

const positionOf = ({ id, emission_id, receiver_id, at_us }: PositionRow): Position => ({
  id,
  emissionId: emission_id,
  receiverId: receiver_id,
  at: at_us,
});

/** The last entry of a walk that was cut. */
function endOf(rows: readonly (PositionRow & { readonly is_end: boolean })[]): Position | undefined {
  const last = rows.at(-1);
  return last?.is_end ? positionOf(last) : undefined;
}

type Params = (start: Position | undefined, window: number, rows: number) => Param[];

function paramsOf(query: DeliveryQuery, order: PageOrder, receivers: readonly number[] | undefined): Params {
  const filter = filterParams(query, receivers);
  const { states, emissionId } = query;
  switch (order) {
    case 'latest': {
      const live = states.some((state) => state === 'ready' || state === 'running');
      const settled = states.some((state) => state !== 'ready' && state !== 'running');
      const [first, last] = [emissionId ?? FIRST_EMISSION, emissionId ?? LAST_EMISSION];
      return (start, window, rows) => [
        ...filter,
        String(live),
        String(settled),
        first,
        start?.emissionId ?? last,
        start?.receiverId ?? LAST_RECEIVER,
        window,
        rows,
      ];
    }
    case 'finished':
      return (start, window, rows) => [
        ...filter,
        start?.at ?? null,
        start?.emissionId ?? LAST_EMISSION,
        start?.receiverId ?? LAST_RECEIVER,
        window,
        rows,
      ];
    case 'due':
      return (start, window, rows) => [...filter, start?.at ?? null, start?.id ?? '0', window, rows];
    default:
      return order satisfies never;
  }
}
