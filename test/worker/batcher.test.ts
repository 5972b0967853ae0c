// Which writes go out together, and what is told of each.
import { expect, test } from 'vitest';
import { Batcher } from '../../src/worker/batcher.ts';

interface Item {
  readonly id: string;
  readonly epoch: number;
}

test('two outcomes of one delivery go out one after the other: only that whose claim still holds took effect', async () => {
  const writes: string[] = [];
  const batcher = new Batcher<Item>({
    write: async (items) => {
      writes.push(items.map(({ id, epoch }) => `${id}:${epoch}`).join(' '));
      return new Set(items.filter(({ epoch }) => epoch === 3).map(({ id }) => id));
    },
    isRefusal: () => false,
    onRetry: () => {},
  });
  const items = [
    { id: '1', epoch: 1 },
    { id: '2', epoch: 3 },
    { id: '1', epoch: 3 },
  ];
  expect(await Promise.all(items.map((item) => batcher.add(item)))).toEqual([false, true, true]);
  expect(writes).toEqual(['1:1 2:3', '1:3']);
});
