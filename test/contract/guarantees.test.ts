// The page of guarantees names, for each promise, tests that prove it: each test must exist, under exactly that title.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));

interface Proof {
  readonly file: string;
  readonly title: string;
}

function proofsIn(cell: string): Proof[] {
  return [...cell.matchAll(/\[\w+\]\(([^)]+)\)((?:,? "[^"]+")+)/g)].flatMap(([, file, titles]) =>
    Array.from(titles!.matchAll(/"([^"]+)"/g), ([, title]) => ({ file: file!, title: title! })),
  );
}

/** A title, alone or behind the name of a driver. */
const isIn = (text: string, title: string): boolean => ["'", ': '].some((before) => text.includes(`${before}${title}'`));

test('each promise names existing tests', async () => {
  const page = await readFile(path.join(docs, 'guarantees.md'), 'utf8');
  const rows = page
    .split('## Not guaranteed')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'));
  expect(rows.length).toBeGreaterThan(10);
  const wrong: string[] = [];
  for (const row of rows) {
    const proofs = proofsIn(row.split(' | ').at(-1)!);
    if (proofs.length === 0) wrong.push(`${row}: proven by nothing`);
    for (const { file, title } of proofs)
      if (!isIn(await readFile(path.join(docs, file), 'utf8'), title)) wrong.push(`${file} has no test "${title}"`);
  }
  expect(wrong).toEqual([]);
});
