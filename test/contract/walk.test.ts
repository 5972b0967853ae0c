// The walk of one delivery names the file of each step: each file exists, and the walk goes through every room that it
// names.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(`${root}docs/design/walk.md`, 'utf8');

test('each file that the walk names exists', () => {
  const files = Array.from(page.matchAll(/`(src\/[^`]+)`/g), ([, file]) => file!);
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
});

test('each step of the walk names a file', () => {
  const steps = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (step|room|question) /.test(line));
  expect(steps.length).toBeGreaterThan(30);
  expect(steps.filter((step) => !/`src\/[\w./-]+\.ts` \|$/.test(step))).toEqual([]);
});

test('a worker carries a delivery through six rooms at most, and does not claim once it runs', () => {
  const worker = page.split('## The worker')[1]!.split('## Where is')[0]!;
  const rooms = Array.from(worker.matchAll(/^\| `(\w+)` \|/gm), ([, room]) => room!);
  expect(new Set(rooms).size).toBeLessThanOrEqual(6);
  expect(rooms.slice(rooms.indexOf('running'))).not.toContain('claiming');
});
