// What a page, a count and groups may be asked for, and in which order deliveries are walked.
import { LIVE_STATES } from '../core/delivery.ts';
import type { OptionTable } from '../core/options.ts';
import { oneOf, text, whole } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { Delivery } from '../store/operations/delivery.ts';
import type { DeliveryQuery } from '../store/operations/filter.ts';
import type { PageOrder } from '../store/operations/pages.ts';
import type { DeadGroup } from './groups.ts';

export type { PageOrder } from '../store/operations/pages.ts';

/** Which page. */
export interface PageOptions {
  /**
   * `'latest'`: by emission, the latest first. `'finished'`: by their end, the latest first; for `dead` and `cancelled` alone. `'due'`: by
   * the time at which they are due, the first first; for `ready` and `running` alone, of a receiver or signal. Default: `'finished'` or
   * `'due'` where the filter allows it and names no emission, else `'latest'`.
   */
  order?: PageOrder;
  /** Of the page before, which had the same filter and order. Default: the first page. */
  cursor?: string | undefined;
  /** 1 to 1000. Default 100. */
  limit?: number;
}

/** A page of deliveries. */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Give it to get the next page; `undefined` on the last one. */
  readonly cursor: string | undefined;
  /**
   * Set where the search looked at 50,000 deliveries before the page was full: the time to which it has come, of the emission or as the
   * order has it. The cursor goes on from there.
   */
  readonly lookedTo: Date | undefined;
}

/** A number that is counted to a limit. */
export interface Counted {
  /** 1,000 at most. */
  readonly count: number;
  /** Whether there are, or may be, more. */
  readonly more: boolean;
}

/** How many deliveries match. */
export interface DeliveryCount extends Counted {
  /** Set where the search ended after 50,000 deliveries: the time to which it has come. */
  readonly lookedTo: Date | undefined;
}

/** Dead deliveries by their errors. */
export interface DeadGroups {
  /** The largest first. */
  readonly groups: readonly DeadGroup[];
  /** How many of the latest dead deliveries they are of: 1,000 at most. */
  readonly grouped: number;
  /** Whether there are, or may be, more dead deliveries that match. */
  readonly more: boolean;
}

export const PAGE_OPTIONS: OptionTable<PageOptions> = {
  order: oneOf('latest', 'finished', 'due'),
  cursor: text,
  limit: whole(1, 1_000),
};

/** Whether an order has all deliveries of a query. */
function fits({ states, receiver, signal }: DeliveryQuery, order: PageOrder): boolean {
  switch (order) {
    case 'latest':
      return true;
    case 'finished':
      return states.every((state) => state === 'dead' || state === 'cancelled');
    case 'due':
      return (
        states.every((state) => (LIVE_STATES as readonly string[]).includes(state)) && (receiver !== undefined || signal !== undefined)
      );
    default:
      return order satisfies never;
  }
}

const NEEDS: Readonly<Record<PageOrder, string>> = {
  latest: '',
  finished: "Give states: ['dead'], ['cancelled'] or both",
  due: "Give states: ['ready'], ['running'] or both, and a receiver or a signal",
};

/**
 * The order in which deliveries of a query are walked.
 * @throws SignalboxError `InvalidOption` for one that does not have them all
 */
export function orderOf(query: DeliveryQuery, wanted: PageOrder | undefined, subject: string): PageOrder {
  if (wanted === undefined) {
    if (query.emissionId !== undefined) return 'latest';
    return (['finished', 'due'] as const).find((order) => fits(query, order)) ?? 'latest';
  }
  if (fits(query, wanted)) return wanted;
  throw new SignalboxError(
    'InvalidOption',
    `${subject}: the order ${wanted} does not have all that the filter asks for. ${NEEDS[wanted]}.`,
  );
}
