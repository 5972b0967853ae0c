// In which order a claim serves receivers: by priority, and among equals a different one first each time, each with its
// share, so that none waits behind another's backlog. Pure.
import type { Receiver } from '../core/receivers.ts';
import type { Claimable, ClaimedDelivery } from '../store/store.ts';

/** However many receivers there are, a claim may take this many of one, and a whole batch: most of them have nothing due. */
const LEAST_SHARE = 10;

/**
 * The receivers that a claim may take from, first served first.
 * @param entries catalogue ids and receivers that this worker serves
 * @param turn grows by one with each claim
 */
export function serviceOrder(entries: readonly (readonly [id: number, receiver: Receiver])[], free: number, turn: number): Claimable[] {
  const byPriority = new Map<number, (Omit<Claimable, 'free'> & { readonly batch: number })[]>();
  for (const [receiverId, { priority, signal, batch = 1 }] of entries) {
    const equals = byPriority.get(priority) ?? [];
    byPriority.set(priority, equals);
    equals.push({ receiverId, version: signal.version, batch });
  }
  return [...byPriority.entries()]
    .sort(([a], [b]) => b - a)
    .flatMap(([, equals]) => {
      const share = Math.max(LEAST_SHARE, Math.ceil(free / equals.length));
      return rotate(equals, turn % equals.length).map(({ receiverId, version, batch }) => ({
        receiverId,
        version,
        free: Math.min(free, Math.max(share, batch)),
      }));
    });
}

/** What was claimed, in the order in which it is to run: by priority, and among equals one of each receiver in turn. */
export function runningOrder(claimed: readonly ClaimedDelivery[], priorityOf: (receiverId: number) => number): ClaimedDelivery[] {
  const taken = new Map<number, number>();
  return claimed
    .map((delivery) => {
      const turn = taken.get(delivery.receiverId) ?? 0;
      taken.set(delivery.receiverId, turn + 1);
      return { delivery, turn, priority: priorityOf(delivery.receiverId) };
    })
    .sort((a, b) => b.priority - a.priority || a.turn - b.turn)
    .map(({ delivery }) => delivery);
}

/** Whether a claim may have left something that is due: it was full, or a receiver had its share. */
export function leavesSome(claimed: readonly ClaimedDelivery[], claimable: readonly Claimable[], free: number): boolean {
  if (claimed.length >= free) return true;
  const taken = new Map<number, number>();
  for (const { receiverId } of claimed) taken.set(receiverId, (taken.get(receiverId) ?? 0) + 1);
  return claimable.some(({ receiverId, free: share }) => taken.get(receiverId) === share);
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];
