// Tests that the best settings are found, in a run of their own each.
import { expect, test } from 'vitest';
import { bestOf } from './rows/settings.ts';

test('the best of two trials each is taken, whichever was first', async () => {
  const rates = [10, 30, 20, 25, 5, 40];
  const seen: unknown[] = [];
  const all: [string, { ahead: number }][] = [500, 1_000, 2_000].map((ahead) => [`ahead ${ahead}`, { ahead }]);
  const rate = async (settings: unknown): Promise<number> => (seen.push(settings), rates[seen.length - 1]!);
  expect(await bestOf(all, rate)).toEqual({ name: 'ahead 2000', settings: { ahead: 2_000 } });
  expect(seen).toEqual([...all, ...all].map(([, settings]) => settings));
});

test('a system without a choice keeps what it has', async () => {
  expect(await bestOf([], async () => 1)).toEqual({ name: undefined, settings: undefined });
});
