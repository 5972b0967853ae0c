// Retention in the store: one batch of a walk through the emissions, in a transaction of its own.
import type { Ages } from '../../core/retention.ts';
import type { Run } from '../../drivers/driver.ts';
import type { Namespace } from '../namespace.ts';
import type { InTransaction } from '../own-run.ts';
import * as sql from './prune.sql.ts';
import { moveCursor, takeTurn } from './turn.sql.ts';

/** Rows that went, or would go. */
export interface PrunedRows {
  readonly emissions: number;
  readonly deliveries: number;
  readonly errors: number;
}

/** What one batch came to. */
export interface PrunedBatch extends PrunedRows {
  /** The last emission that it looked at, if there was one. */
  readonly after: string | undefined;
  /** There are no more that may be old enough. */
  readonly isLast: boolean;
}

/** Emissions that one batch looks at: fewer would pay more for their COMMIT (docs/design/retention.md). */
export const PRUNE_BATCH = 4_000;

const NOTHING: PrunedRows = { emissions: 0, deliveries: 0, errors: 0 };

export class RetentionStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;
  readonly #inTransaction: InTransaction;

  constructor(pool: Run, namespace: Namespace, inTransaction: InTransaction) {
    this.#pool = pool;
    this.#namespace = namespace;
    this.#inTransaction = inTransaction;
  }

  /**
   * Prunes among the next emissions after this one, or among the first.
   * @param task the task that is to remember the place, if it is one
   */
  async prune(
    ages: Ages,
    after: string | undefined,
    { task, limit = PRUNE_BATCH }: { task?: string; limit?: number } = {},
  ): Promise<PrunedBatch> {
    return this.#inTransaction(async (of) => {
      const run = this.#namespace.on(of);
      const [found] = await run(sql.holdPrunable, [after ?? null, ...inOrder(ages), limit]);
      const { ids, walked, last } = found!;
      const [gone] = ids === null ? [NOTHING] : await run(sql.pruneHeld, [`{${ids}}`, ...inOrder(ages)]);
      if (task !== undefined && last !== null) await run(moveCursor, [task, last]);
      return { ...gone!, after: last ?? undefined, isLast: walked < limit };
    });
  }

  /** Counts what `prune` would delete. */
  async count(ages: Ages, after: string | undefined, { limit = PRUNE_BATCH }: { limit?: number } = {}): Promise<PrunedBatch> {
    const [found] = await this.#pool(sql.countPrunable, [after ?? null, ...inOrder(ages), limit]);
    const { walked, last, ...counted } = found!;
    return { ...counted, after: last ?? undefined, isLast: walked < limit };
  }

  /** Returns how many it forgot. */
  async forgetLostWorkers(): Promise<number> {
    return (await this.#pool(sql.forgetLostWorkers, [])).length;
  }

  /** Whether it is this worker's turn, and where to go on. */
  async takeTurn(
    task: string,
    { everyMs, passMs }: { everyMs: number; passMs: number },
  ): Promise<{ after: string | undefined } | undefined> {
    const [turn] = await this.#pool(takeTurn, [task, everyMs, passMs]);
    return turn && { after: turn.after ?? undefined };
  }
}

/** As the statements number them. */
const inOrder = ({ completed, cancelled, dead }: Ages): (number | null)[] => [completed ?? null, cancelled ?? null, dead ?? null];
