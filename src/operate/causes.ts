// What an emission has caused: the emissions of its receivers, those of theirs, and so on. Read level by level, each by one look into an
// index that has only emissions of receivers, and no further than MOST emissions and DEEPEST levels.
import type { CausedRow, DetailsStore, EmissionCauseInfo } from '../store/operations/details.ts';

export type { EmissionCauseInfo };

/** An emission that a receiver emitted. */
export interface CausedEmission {
  readonly id: string;
  /** Name of the signal. */
  readonly signal: string;
  /** By the database's clock. */
  readonly emittedAt: Date;
  /** The emission whose receiver emitted it: the one that was asked for, or another one of the list. */
  readonly causedBy: string;
  /** The stored name of that receiver; `undefined` if the catalogue has lost it. */
  readonly receiver: string | undefined;
  /** 1 for what the emission caused itself, 2 for what that caused, and so on. */
  readonly depth: number;
}

/** What an emission has caused. */
export interface Caused {
  /** Level by level, and by id: the earlier one first. */
  readonly emissions: readonly CausedEmission[];
  /** There is more, or deeper, than was read. */
  readonly more: boolean;
}

const MOST = 200;
const DEEPEST = 10;

export async function causedOf(details: Pick<DetailsStore, 'caused'>, emissionId: string): Promise<Caused> {
  const emissions: CausedEmission[] = [];
  let level = [emissionId];
  for (let depth = 1; level.length > 0; depth++) {
    const left = MOST - emissions.length;
    // One more tells whether there is more.
    const rows = await details.caused(level, depth > DEEPEST ? 1 : left + 1);
    if (depth > DEEPEST) return { emissions, more: rows.length > 0 };
    emissions.push(...rows.slice(0, left).map((row) => causedOfRow(row, depth)));
    if (rows.length > left) return { emissions, more: true };
    level = rows.map(({ id }) => id);
  }
  return { emissions, more: false };
}

const causedOfRow = (row: CausedRow, depth: number): CausedEmission => ({
  id: row.id,
  signal: row.signal,
  emittedAt: new Date(row.emitted_at_ms),
  causedBy: row.caused_by,
  receiver: row.caused_by_receiver ?? undefined,
  depth,
});
