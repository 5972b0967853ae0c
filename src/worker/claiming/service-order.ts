// Decides in which order a claim serves receivers: by priority, and among equals a different one first each time, each with its
// share, so that none waits behind another's backlog. Backlogged receivers, which had more due than their share, come last, and divide
// among themselves what the others leave: of a hundred receivers mostly one or two have anything due. Pure.
import type { Receiver } from '../../core/receivers.ts';
import type { Claimable, ClaimedDelivery } from '../../store/deliveries/claim.ts';

/** However many receivers there are, a claim may take this many deliveries of one, and a whole batch: most receivers have nothing due. */
const LEAST_SHARE = 10;

/**
 * The receivers that a claim may take from, first served first.
 * @param entries catalogue ids and receivers that this worker serves
 * @param turn grows by one with each claim
 * @param backlogged receivers of which the last claim may have left some
 */
export function serviceOrder(
  entries: readonly (readonly [id: number, receiver: Receiver])[],
  free: number,
  turn: number,
  backlogged: ReadonlySet<number> = new Set(),
): Claimable[] {
  const byPriority = new Map<number, (Omit<Claimable, 'free'> & { readonly batch: number })[]>();
  for (const [receiverId, { priority, signal, batch = 1 }] of entries) {
    const equals = byPriority.get(priority) ?? [];
    byPriority.set(priority, equals);
    equals.push({ receiverId, version: signal.version, batch });
  }
  return [...byPriority.entries()]
    .sort(([a], [b]) => b - a)
    .flatMap(([, equals]) => {
      const inTurn = rotate(equals, turn % equals.length);
      const give = (to: typeof equals, among: number): Claimable[] => {
        const share = Math.max(LEAST_SHARE, Math.ceil(free / among));
        return to.map(({ receiverId, version, batch }) => ({ receiverId, version, free: Math.min(free, Math.max(share, batch)) }));
      };
      const last = inTurn.filter(({ receiverId }) => backlogged.has(receiverId));
      const first = inTurn.filter(({ receiverId }) => !backlogged.has(receiverId));
      return [...give(first, equals.length), ...give(last, last.length)];
    });
}

/** Claimed deliveries in the order in which they are to run: by priority, and among equals one of each receiver in turn. */
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

/**
 * The receivers of which a claim may have left something that is due: they gave their whole share.
 * @param before those of the claim before; a claim that took all that it may can have had no room for them
 */
export function backloggedAfter(
  claimed: readonly ClaimedDelivery[],
  claimable: readonly Claimable[],
  free: number,
  before: ReadonlySet<number> = new Set(),
): Set<number> {
  const taken = new Map<number, number>();
  for (const { receiverId } of claimed) taken.set(receiverId, (taken.get(receiverId) ?? 0) + 1);
  const isBacklogged = ({ receiverId, free: share }: Claimable): boolean =>
    taken.get(receiverId) === share || (claimed.length >= free && before.has(receiverId));
  return new Set(claimable.filter(isBacklogged).map(({ receiverId }) => receiverId));
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];
