// A filter of deliveries as the store takes it: plain data, which an errand may keep as JSON.
import type { DeliveryState } from '../../core/delivery.ts';
import type { Param, Run } from '../../drivers/driver.ts';
import { intArray, quotedArray, textArray } from '../params.ts';
import { receiverIds } from './filter.sql.ts';

/** Deliveries that match all given members. */
export interface DeliveryQuery {
  readonly states: readonly DeliveryState[];
  /** The stored name of a receiver, or a former one. */
  readonly receiver?: string;
  /** Name of a signal. */
  readonly signal?: string;
  readonly emissionId?: string;
  /** Their time is this or later, in milliseconds since 1970. */
  readonly sinceMs?: number;
  /** Their time is earlier. */
  readonly untilMs?: number;
  /** The latest error has this name, or this text in its message; without `text`, only the name counts. */
  readonly error?: { readonly name: string; readonly text?: string };
  readonly payload?: { readonly path: readonly string[]; readonly value: string };
}

/**
 * The ids that deliveries of the query's receivers carry; `undefined` for those of all receivers. To be read before the statement that
 * goes by them: the planner then sees constants.
 */
export async function receiversOf(
  run: Run,
  { receiver, signal }: Pick<DeliveryQuery, 'receiver' | 'signal'>,
): Promise<readonly number[] | undefined> {
  if (receiver === undefined && signal === undefined) return undefined;
  return (await run(receiverIds, [receiver ?? null, signal ?? null])).map(({ id }) => id);
}

/** The parameters of `matches`, in their order. @param receivers what {@link receiversOf} returned */
export function filterParams(query: DeliveryQuery, receivers: readonly number[] | undefined): Param[] {
  const { states, emissionId, sinceMs, untilMs, error, payload } = query;
  return [
    textArray(states),
    receivers ? intArray(receivers) : null,
    emissionId ?? null,
    sinceMs === undefined ? null : String(sinceMs),
    untilMs === undefined ? null : String(untilMs),
    error?.name ?? null,
    error?.text ?? null,
    payload ? quotedArray(payload.path) : null,
    payload?.value ?? null,
  ];
}
