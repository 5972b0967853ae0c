// Decides which deliveries go to their receiver in one call. Pure.
import type { Receiver } from '../../core/receivers.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';

/** The receiver of a delivery, if there still is one. */
export type ReceiverOf = (delivery: ClaimedDelivery) => Receiver | undefined;

/** The next call of a queue: its first delivery, and others of the same receiver, which need not be right behind it. */
export interface Front<T> {
  readonly group: readonly T[];
  /** The deliveries in between, which stay in the queue. */
  readonly passed: readonly T[];
}

/** The next call of `queue`, which is not empty from index `from` on. @param isSame whether another delivery may go with the first */
export function frontOf<T extends { readonly delivery: ClaimedDelivery }>(
  queue: readonly T[],
  from: number,
  receiverOf: ReceiverOf,
  isSame: (first: T, other: T) => boolean,
): Front<T> {
  const first = queue[from]!;
  const receiver = receiverOf(first.delivery);
  const most = first.delivery.isSuspect ? 1 : (receiver?.batch ?? 1);
  const group = [first];
  const passed: T[] = [];
  for (let at = from + 1; at < queue.length && group.length < most; at++) {
    const other = queue[at]!;
    const joins = !other.delivery.isSuspect && receiverOf(other.delivery) === receiver && isSame(first, other);
    (joins ? group : passed).push(other);
  }
  return { group, passed };
}

/** All calls that a list of deliveries makes, in the order of the first delivery of each. */
export function groupsOf(deliveries: readonly ClaimedDelivery[], receiverOf: ReceiverOf): ClaimedDelivery[][] {
  const groups: ClaimedDelivery[][] = [];
  const open = new Map<Receiver, ClaimedDelivery[]>();
  for (const delivery of deliveries) {
    const receiver = delivery.isSuspect ? undefined : receiverOf(delivery);
    const group = receiver && open.get(receiver);
    if (group && group.length < (receiver.batch ?? 1)) group.push(delivery);
    else {
      groups.push([delivery]);
      if (receiver) open.set(receiver, groups.at(-1)!);
    }
  }
  return groups;
}
