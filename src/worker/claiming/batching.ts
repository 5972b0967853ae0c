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

/** A group whose deliveries share a transaction is looked for in this many times its size. */
const LOOKED_THROUGH = 10;

/** Only what runs for the first time shares a transaction: one that has failed, or that a worker died with, is not to take others along. */
const mayShare = ({ attempt, crashes }: ClaimedDelivery): boolean => attempt === 1 && crashes === 0;

/**
 * The next call of `queue`, which is not empty from index `from` on.
 * @param isSame whether another delivery may go with the first @param shareOf how many of a receiver may share a transaction
 */
export function frontOf<T extends { readonly delivery: ClaimedDelivery }>(
  queue: readonly T[],
  from: number,
  receiverOf: ReceiverOf,
  isSame: (first: T, other: T) => boolean,
  shareOf: (receiver: Receiver) => number = () => 1,
): Front<T> {
  const first = queue[from]!;
  const receiver = receiverOf(first.delivery);
  const isShared = receiver !== undefined && receiver.batch === undefined && mayShare(first.delivery);
  const most = first.delivery.isSuspect ? 1 : (receiver?.batch ?? (isShared ? shareOf(receiver) : 1));
  const group = [first];
  const passed: T[] = [];
  const end = isShared ? Math.min(queue.length, from + most * LOOKED_THROUGH) : queue.length;
  for (let at = from + 1; at < end && group.length < most; at++) {
    const other = queue[at]!;
    const joins = !other.delivery.isSuspect && receiverOf(other.delivery) === receiver && isSame(first, other);
    (joins && (!isShared || mayShare(other.delivery)) ? group : passed).push(other);
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
