// Erasure in the store: one batch of a walk through all emissions, in a transaction of its own.
import { ERASED_PAYLOAD } from '../../core/erased.ts';
import type { Namespace } from '../namespace.ts';
import type { InTransaction } from '../own-run.ts';
import { quotedArray } from '../params.ts';
import { eraseHeld, holdErasable } from './erase.sql.ts';

/** The value at a path of a payload, as text. */
export interface PayloadValue {
  readonly path: readonly string[];
  readonly value: string;
}

/** What one batch came to. */
export interface ErasedBatch {
  readonly emissions: number;
  readonly errors: number;
  /** Ids of emissions that have the value, and of which a delivery lives or is being acted on. */
  readonly waiting: readonly string[];
  readonly after: string | undefined;
  readonly isLast: boolean;
}

/** Emissions that one batch looks at. */
export const ERASE_BATCH = 5_000;

export class EraseStore {
  readonly #namespace: Namespace;
  readonly #inTransaction: InTransaction;

  constructor(namespace: Namespace, inTransaction: InTransaction) {
    this.#namespace = namespace;
    this.#inTransaction = inTransaction;
  }

  /** Blanks what has the value among the next emissions after this one, or among the first. */
  async erase(
    { path, value }: PayloadValue,
    after: string | undefined,
    { dryRun = false, limit = ERASE_BATCH }: { dryRun?: boolean; limit?: number } = {},
  ): Promise<ErasedBatch> {
    return this.#inTransaction(async (of) => {
      const run = this.#namespace.on(of);
      const [found] = await run(holdErasable, [after ?? null, limit, quotedArray(path), value]);
      const held = idsOf(found!.ids);
      const [gone] =
        dryRun || held.length === 0 ? [{ ids: found!.ids, errors: 0 }] : await run(eraseHeld, [`{${found!.ids}}`, ERASED_PAYLOAD]);
      const erased = new Set(idsOf(gone!.ids));
      return {
        emissions: erased.size,
        errors: gone!.errors,
        waiting: [...idsOf(found!.waiting), ...held.filter((id) => !erased.has(id))].toSorted(),
        after: found!.last ?? undefined,
        isLast: found!.walked < limit,
      };
    });
  }
}

const idsOf = (ids: string | null): string[] => (ids === null ? [] : ids.split(','));
