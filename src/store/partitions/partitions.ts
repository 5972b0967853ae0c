// Partitions in the store: which there are, and each change of them, in a transaction of its own.
import type { Ages } from '../../core/retention.ts';
import type { Period } from '../../core/periods.ts';
import type { Run } from '../../drivers/driver.ts';
import { quotedSchema, type Namespace } from '../namespace.ts';
import type { InTransaction } from '../own-run.ts';
import * as sql from './partitions.sql.ts';

export type { PartitionRange } from './partitions.sql.ts';

/** What there is. */
export interface PartitionsNow {
  /** By the database's clock. */
  readonly nowMs: number;
  /** Those that both tables have, but for the default ones, in order. Empty: the tables are not partitioned. */
  readonly ranges: readonly sql.PartitionRange[];
}

/** What came of a drop. */
export interface DroppedPartition {
  readonly name: string;
  /** Emissions that had to stay, and are in the default partition now; if nothing was dropped, at least so many would have had to. */
  readonly setAside: number;
  readonly isDropped: boolean;
}

/** Emissions that a drop takes aside at most, under locks that stop everything else. */
const MOST_ASIDE = 10_000;

const NIL = '00000000-0000-0000-0000-000000000000';

export class PartitionsStore {
  readonly #pool: Run;
  readonly #schema: string;
  readonly #at: string;
  readonly #inTransaction: InTransaction;

  constructor(pool: Run, { schema }: Namespace, inTransaction: InTransaction) {
    this.#pool = pool;
    this.#schema = schema;
    this.#at = quotedSchema(schema);
    this.#inTransaction = inTransaction;
  }

  async list(): Promise<PartitionsNow> {
    const rows = await this.#pool(sql.listPartitions, [this.#schema]);
    const settled = new Set(rows.filter(({ parent }) => parent === 'settled').map(({ name }) => name.slice('settled_'.length)));
    const ranges = rows
      .filter(({ parent }) => parent === 'emission')
      .flatMap(({ name, bound }) => rangeOf(name.slice('emission_'.length), bound) ?? [])
      .filter(({ name }) => settled.has(name));
    return { nowMs: rows[0]?.now_ms ?? 0, ranges: ranges.toSorted((a, b) => (a.toId < b.toId ? -1 : 1)) };
  }

  /** @throws Error 55P03 or 40P01 when its locks are not to be had */
  async create(period: Period, lockTimeoutMs: number): Promise<void> {
    await this.#inTransaction(async (run) => {
      await run(sql.limitLocks(), [String(lockTimeoutMs)]);
      for (const statement of sql.createPartitions(this.#at, period)) await run(statement, []);
    });
  }

  /** @throws Error 55P03 or 40P01 when its locks are not to be had */
  async drop(
    range: sql.PartitionRange,
    ages: Ages,
    { lockTimeoutMs, most = MOST_ASIDE }: { lockTimeoutMs: number; most?: number },
  ): Promise<DroppedPartition> {
    const { name } = range;
    return this.#inTransaction(async (run) => {
      await run(sql.limitLocks(), [String(lockTimeoutMs)]);
      await run(sql.freezePartitions(this.#at, range), []);
      const { completed, cancelled, dead } = ages;
      const [staying] = await run(sql.findStaying(this.#at, range), [most + 1, completed ?? null, cancelled ?? null, dead ?? null]);
      if (staying!.count > most) return { name, setAside: staying!.count, isDropped: false };
      const ids = `{${staying!.ids ?? ''}}`;
      await run(sql.dropErrors(this.#at, range), [ids]);
      for (const statement of sql.detachPartitions(this.#at, range)) await run(statement, []);
      await run(sql.setAside(this.#at, 'settled', range), [ids]);
      const [kept] = await run(sql.setAside(this.#at, 'emission', range), [ids]);
      await run(sql.dropPartitions(this.#at, range), []);
      return { name, setAside: kept!.count, isDropped: true };
    });
  }
}

/** The ids of a partition, by its bound as the server tells it; `undefined` of the default one. */
function rangeOf(name: string, bound: string): sql.PartitionRange | undefined {
  const found = /^FOR VALUES FROM \((?:'([^']+)'|MINVALUE)\) TO \('([^']+)'\)$/.exec(bound);
  return found ? { name, fromId: found[1] ?? NIL, toId: found[2]! } : undefined;
}
