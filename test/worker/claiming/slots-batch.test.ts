// Batches in the slots of a worker: one call takes the waiting deliveries of its receiver, and uses one slot.
import { expect, test } from 'vitest';
import type { Receiver } from '../../../src/core/receivers.ts';
import { silentLogger } from '../../../src/observe/log.ts';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { RunOptions } from '../../../src/worker/running/runner.ts';
import type { RunResult } from '../../../src/worker/running/run-result.ts';
import { Slots } from '../../../src/worker/claiming/slots.ts';

const delivery = (id: number, receiverId = 1): ClaimedDelivery =>
  ({ id: String(id), epoch: 1, receiverId, isSuspect: false }) as ClaimedDelivery;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Slots whose receiver 1 takes batches, and the calls that they make. */
function openSlots({ batch = 3, concurrency = 1 } = {}) {
  const calls: { readonly ids: string; readonly returns: () => void; readonly ends: () => void }[] = [];
  let running = 0;
  const run = (ids: readonly string[], { onReturned = () => {} }: RunOptions): Promise<RunResult[]> => {
    running += ids.length;
    return new Promise((resolve) => {
      const ends = (): void => {
        running -= ids.length;
        resolve([]);
      };
      calls.push({ ids: ids.join(' '), returns: onReturned, ends });
    });
  };
  const runner = {
    get running() {
      return running;
    },
    isAt: () => false,
    run: (deliveries: readonly ClaimedDelivery[], options: RunOptions = {}) =>
      run(
        deliveries.map(({ id }) => id),
        options,
      ),
  };
  const started: number[] = [];
  const receivers = new Map([
    [1, { batch } as Receiver],
    [2, {} as Receiver],
  ]);
  const slots = new Slots({
    runner,
    prefetch: { started: (count: number) => void started.push(count), target: () => 5_000 },
    log: silentLogger,
    concurrency,
    openLane: undefined,
    receiverOf: ({ receiverId }) => receivers.get(receiverId),
    lease: { owns: () => true },
    claims: { holdsBack: () => false },
    onGivenUp: () => {},
    now: () => 0,
    onCapacity: () => {},
  });
  return { slots, calls, started, idsOf: () => calls.map(({ ids }) => ids) };
}

test('a free slot takes a batch of its receiver, wherever the deliveries wait, and leaves the others in their order', () => {
  const { slots, calls, started, idsOf } = openSlots();
  slots.accept([delivery(1), delivery(2, 2), delivery(3), delivery(4, 2), delivery(5), delivery(6)], 0);
  expect([idsOf(), slots.waiting]).toEqual([['1 3 5'], 3]);
  for (let index = 0; index < 3; index++) calls[index]!.returns();
  expect([idsOf(), slots.waiting, started]).toEqual([['1 3 5', '2', '4', '6'], 0, [3, 1, 1, 1]]);
});

test('the deliveries of a running call do not count as waiting for their write, however many they are', () => {
  const { slots, calls, idsOf } = openSlots({ batch: 1_000, concurrency: 4 });
  slots.accept(
    range(1, 4_000).map((id) => delivery(id)),
    0,
  );
  expect(calls).toHaveLength(4);
  slots.accept(
    range(4_001, 4_002).map((id) => delivery(id)),
    0,
  );
  calls[0]!.returns();
  expect(idsOf().at(-1)).toBe('4001 4002');
});
