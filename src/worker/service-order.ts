// In which order a claim serves receivers: by priority, and among equals a different one first each time, so that none
// starves behind another's backlog. Pure.
import type { Receiver } from '../core/receivers.ts';
import type { Claimable } from '../store/store.ts';

/**
 * The receivers that a claim may take from, first served first.
 * @param entries catalogue ids and receivers that this worker serves
 * @param turn grows by one with each claim
 */
export function serviceOrder(entries: readonly (readonly [id: number, receiver: Receiver])[], free: number, turn: number): Claimable[] {
  const byPriority = new Map<number, Claimable[]>();
  for (const [receiverId, { priority, signal }] of entries) {
    const equals = byPriority.get(priority) ?? [];
    byPriority.set(priority, equals);
    equals.push({ receiverId, free, version: signal.version });
  }
  return [...byPriority.entries()].sort(([a], [b]) => b - a).flatMap(([, equals]) => rotate(equals, turn % equals.length));
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];
