// The order in which a claim serves receivers, the number of deliveries of each, and the order in which these run.
import { expect, test } from 'vitest';
import type { Receiver } from '../../../src/core/receivers.ts';
import type { Claimable, ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import { backloggedAfter, runningOrder, serviceOrder } from '../../../src/worker/claiming/service-order.ts';

const entry = (id: number, priority = 0): readonly [number, Receiver] => [id, { priority, signal: { version: 1 } } as Receiver];
const of = (receiverId: number, id: string): ClaimedDelivery => ({ receiverId, id }) as ClaimedDelivery;
const shares = (claimable: readonly Claimable[]): [number, number][] => claimable.map(({ receiverId, free }) => [receiverId, free]);

test('the higher priority is first, and among equals a different receiver each time', () => {
  const entries = [entry(1), entry(2), entry(3, 5)];
  expect(serviceOrder(entries, 1, 0).map(({ receiverId }) => receiverId)).toEqual([3, 1, 2]);
  expect(serviceOrder(entries, 1, 1).map(({ receiverId }) => receiverId)).toEqual([3, 2, 1]);
});

test('equals share the free slots, but each may give ten', () => {
  expect(shares(serviceOrder([entry(1), entry(2), entry(3, 5)], 100, 0))).toEqual([
    [3, 100],
    [1, 50],
    [2, 50],
  ]);
  const many = serviceOrder(
    Array.from({ length: 50 }, (_, id) => entry(id)),
    100,
    0,
  );
  expect(new Set(many.map(({ free }) => free))).toEqual(new Set([10]));
  expect(shares(serviceOrder([entry(1), entry(2)], 3, 0))).toEqual([
    [1, 3],
    [2, 3],
  ]);
});

test('claimed deliveries run by priority, and equals take turns', () => {
  const claimed = [of(1, '1'), of(1, '2'), of(1, '3'), of(2, '4'), of(3, '5'), of(3, '6')];
  const order = runningOrder(claimed, (id) => (id === 3 ? 5 : 0));
  expect(order.map(({ id }) => id)).toEqual(['5', '6', '1', '4', '2', '3']);
});

test('a receiver that had more than its share comes last, and gets the slots that the others leave', () => {
  const entries = Array.from({ length: 40 }, (_, id) => entry(id));
  const one = shares(serviceOrder(entries, 1_000, 0, new Set([3])));
  expect([one.length, one[0], one.at(-1)]).toEqual([40, [0, 25], [3, 1_000]]);
  expect(shares(serviceOrder(entries, 1_000, 5, new Set([3, 9]))).slice(-2)).toEqual([
    [9, 500],
    [3, 500],
  ]);
  const all = serviceOrder(entries, 1_000, 0, new Set(entries.map(([id]) => id)));
  expect(new Set(all.map(({ free }) => free))).toEqual(new Set([25]));
});

test('a claim has left deliveries of a receiver that gave its full share, and of no receiver that gave less', () => {
  const claimable = serviceOrder([entry(1), entry(2)], 40, 0);
  const twenty = Array.from({ length: 20 }, (_, id) => of(1, `${id}`));
  expect(backloggedAfter(twenty.slice(1), claimable, 40)).toEqual(new Set());
  expect(backloggedAfter(twenty, claimable, 40)).toEqual(new Set([1]));
  expect(backloggedAfter([], claimable, 40, new Set([1]))).toEqual(new Set());
});

test('after a full claim, a receiver that had more deliveries before is assumed to have more still', () => {
  const claimable = serviceOrder([entry(1), entry(2)], 40, 0, new Set([1]));
  const full = [of(2, 'a'), ...Array.from({ length: 39 }, (_, id) => of(1, `${id}`))];
  expect(backloggedAfter(full, claimable, 40, new Set([1]))).toEqual(new Set([1]));
  expect(backloggedAfter(full.slice(1), claimable, 40, new Set([1]))).toEqual(new Set());
});
