// The list of mutants itself: each still fits the source, and no statement is without one.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exportedConstants, type Mutant, mutate } from './mutant.ts';
import { mutants } from './mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

test('each guard that a mutant takes away is still there, as often as the mutant says', () => {
  for (const mutant of mutants) expect(mutate(read(mutant.file), mutant)).not.toBe(read(mutant.file));
});

test('each mutant has a name of its own, and tests that exist', () => {
  const names = mutants.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const missing = mutants.flatMap(({ name, tests }) =>
    tests.filter((path) => !existsSync(`${root}${path}`)).map((path) => `${name}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test.each([
  'src/store/statements.ts',
  'src/store/batch-statements.ts',
  'src/store/bell-statements.ts',
  'src/store/worker-statements.ts',
  'src/store/operations.ts',
  'src/store/commits.ts',
  'src/store/catalogue-statements.ts',
])('each statement of %s has a mutant that a test must find', (file) => {
  const text = read(file);
  const changed = new Set<string | undefined>();
  for (const mutant of mutants) if (mutant.file === file && mutant.equivalent === undefined) changed.add(mutant.within);
  expect(exportedConstants(text).filter((name) => !changed.has(name))).toEqual([]);
});

const about: Mutant = { name: 'a guard', file: 'a file', find: 'guard', replace: '', tests: [] };

test.each([
  ['has gone', 'nothing', about],
  ['is there more often', 'guard guard', about],
  ['is there less often', 'guard', { ...about, count: 2 }],
  ['is elsewhere', 'const one = `x`\nconst two = `guard`\n', { ...about, within: 'one' }],
  ['was in something that has gone', 'const one = `guard`\n', { ...about, within: 'two' }],
])('a mutant whose text %s is refused by name', (_what, text, mutant) => {
  expect(() => mutate(text, mutant)).toThrow('a guard');
});

test('a mutant of one constant leaves the same text elsewhere alone', () => {
  const text = 'export const one = `guard a guard`;\n\n/** Next. */\nconst two = `guard`;\n';
  expect(mutate(text, { ...about, within: 'one', count: 2, replace: '-' })).toBe(
    'export const one = `- a -`;\n\n/** Next. */\nconst two = `guard`;\n',
  );
});
