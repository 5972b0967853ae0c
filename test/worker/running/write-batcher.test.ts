// Groups of writes: the effect of one bad item on its neighbours, the writes that are tried again, and the end by
// giving up.
import { expect, test, vi } from 'vitest';
import { WriteBatcher } from '../../../src/worker/running/write-batcher.ts';

interface Item {
  readonly id: string;
}

const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));
const REFUSED = new Error('refused');
const AWAY = new Error('away');

/** Records each write; `write` decides its outcome, and takes effect for all items by default. */
function batcher(write: (ids: string[], call: number) => void | Set<string> | Promise<void>) {
  const writes: string[][] = [];
  const retries: unknown[] = [];
  const made = new WriteBatcher<Item>({
    write: async (batch) => {
      const ids = batch.map(({ id }) => id);
      const took = await write(ids, writes.push(ids));
      return took ?? new Set(ids);
    },
    isRefusal: (error) => error === REFUSED,
    onRetry: (error) => void retries.push(error),
  });
  const add = (...ids: string[]): Promise<PromiseSettledResult<boolean>[]> =>
    Promise.allSettled(items(...ids).map((item) => made.add(item)));
  return { made, writes, retries, add };
}

const done = (value: boolean): PromiseSettledResult<boolean> => ({ status: 'fulfilled', value });
const failed = (reason: unknown): PromiseSettledResult<boolean> => ({ status: 'rejected', reason });

test('items that come together are written together, and each caller learns whether its item took effect', async () => {
  const { add, writes } = batcher(() => new Set(['a', 'c']));
  expect(await add('a', 'b', 'c')).toEqual([done(true), done(false), done(true)]);
  expect(writes).toEqual([['a', 'b', 'c']]);
});

test('one bad outcome beside good ones is refused alone: its neighbours are written', async () => {
  const { add, writes } = batcher((ids) => {
    if (ids.includes('bad')) throw REFUSED;
  });
  expect(await add('a', 'bad', 'c')).toEqual([done(true), failed(REFUSED), done(true)]);
  expect(writes).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
});

test('a refused write is not tried again, and the following one is written', async () => {
  const { add, writes, retries } = batcher((ids) => {
    if (ids.includes('bad')) throw REFUSED;
  });
  expect(await add('bad')).toEqual([failed(REFUSED)]);
  expect(await add('next')).toEqual([done(true)]);
  expect([writes, retries]).toEqual([[['bad'], ['next']], []]);
});

test('a write that fails for another reason is tried again unchanged, until it succeeds', async () => {
  const { add, writes, retries } = batcher((_ids, call) => {
    if (call < 3) throw AWAY;
  });
  expect(await add('a', 'b')).toEqual([done(true), done(true)]);
  expect([writes.length, new Set(writes.map(String)), retries]).toEqual([3, new Set(['a,b']), [AWAY, AWAY]]);
});

test('giving up ends the wait for another try, and later writes are tried once', async () => {
  const { made, add, writes } = batcher(() => {
    throw AWAY;
  });
  const first = add('a');
  await vi.waitFor(() => expect(writes).not.toEqual([]));
  made.giveUp();
  expect(await first).toEqual([failed(AWAY)]);
  const before = writes.length;
  expect(await add('b')).toEqual([failed(AWAY)]);
  expect(writes.length).toBe(before + 1);
});

test('items that come during a write go out together in the next; no write has more than 1,000', async () => {
  let go: (() => void) | undefined;
  const { add, writes } = batcher((_ids, call) => (call === 1 ? new Promise<void>((resolve) => (go = resolve)) : undefined));
  const first = add('a');
  await vi.waitFor(() => expect(writes).toEqual([['a']]));
  const many = add(...Array.from({ length: 1_001 }, (_, index) => `${index}`));
  // Enough turns for another write to begin.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toEqual([['a']]);
  go!();
  await Promise.all([first, many]);
  expect(writes.map(({ length }) => length)).toEqual([1, 1_000, 1]);
});

test('two outcomes of one delivery go out one after the other: only the one of the valid claim takes effect', async () => {
  const writes: string[] = [];
  const made = new WriteBatcher<Item & { epoch: number }>({
    write: async (items) => {
      writes.push(items.map(({ id, epoch }) => `${id}:${epoch}`).join(' '));
      return new Set(items.filter(({ epoch }) => epoch === 3).map(({ id }) => id));
    },
    isRefusal: () => false,
    onRetry: () => {},
  });
  const outcomes = [
    { id: '1', epoch: 1 },
    { id: '2', epoch: 3 },
    { id: '1', epoch: 3 },
  ];
  expect(await Promise.all(outcomes.map((item) => made.add(item)))).toEqual([false, true, true]);
  expect(writes).toEqual(['1:1 2:3', '1:3']);
});
