// Groups dead deliveries by the error that killed them. Pure.
import type { DeadRow } from '../store/operations/pages.ts';

/** Dead deliveries of one receiver with the same error. */
export interface DeadGroup {
  /** The stored name. */
  readonly receiver: string;
  /** Of their latest error; empty where none is stored. */
  readonly name: string;
  /** The first 80 characters of its message. */
  readonly message: string;
  /** How many of the deliveries that were looked at. */
  readonly count: number;
  /** When the first and the last of them died. */
  readonly first: Date;
  readonly last: Date;
  /**
   * The `error` of a filter that finds them: the beginning of their message, or their name where texts of errors are redacted, which finds
   * others of that name, too. `undefined` where no filter tells them from other errors: none is stored, or the name is redacted, too.
   */
  readonly search: string | undefined;
  /** The last of them. */
  readonly sample: { readonly id: string; readonly emissionId: string };
}

export const MESSAGE_CHARACTERS = 80;

/** The part of a message by which errors are grouped. */
export const startOf = (message: string): string => Array.from(message).slice(0, MESSAGE_CHARACTERS).join('');

/** @param rows the latest first @returns the largest group first */
export function groupsOf(
  rows: readonly (Pick<DeadRow, 'id' | 'emission_id' | 'receiver' | 'name' | 'message' | 'finished_at_ms'> & {
    readonly search?: string | undefined;
  })[],
): DeadGroup[] {
  const groups = new Map<string, DeadGroup>();
  for (const { id, emission_id, receiver, name, message, search, finished_at_ms } of rows) {
    const start = startOf(message ?? '');
    const key = JSON.stringify([receiver, name, start, search]);
    const at = new Date(finished_at_ms);
    const group = groups.get(key);
    groups.set(key, {
      receiver,
      name: name ?? '',
      message: start,
      count: (group?.count ?? 0) + 1,
      first: at,
      last: group?.last ?? at,
      search: search || undefined,
      sample: group?.sample ?? { id, emissionId: emission_id },
    });
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count || b.last.getTime() - a.last.getTime());
}
