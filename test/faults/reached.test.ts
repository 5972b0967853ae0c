// That the matrix is whole: every statement of the store is sent in some story, and nothing else is.
import { beforeAll, expect, test, vi } from 'vitest';
import { type Played, playStory } from './matrix.ts';
import { statements } from './statements.ts';
import { STORIES } from './stories.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

let played: readonly (Played & { readonly who: string })[];

beforeAll(async () => {
  played = await Promise.all(Object.values(STORIES).map(async (story) => ({ who: story.who, ...(await playStory(story)) })));
}, 60_000);

test('every statement that the store exports meets its faults in a story', async () => {
  const sent = new Set(played.flatMap(({ uses }) => uses.map(({ name }) => name)));
  expect([...(await statements()).keys()].filter((name) => !sent.has(name))).toEqual([]);
});

test('a box sends no statement that the store does not export', () => {
  expect(played.flatMap(({ unknown }) => unknown)).toEqual([]);
});

test('without a fault, each story ends well', () => {
  expect(played.flatMap(({ who, violations }) => violations.map(({ kind, text }) => `${who}: ${kind}: ${text}`))).toEqual([]);
});
