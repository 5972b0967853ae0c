// The modules of the shop import each other one way: payment imports no other module. The signal makes that possible.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reachableFrom } from './import-graph.ts';

const shop = fileURLToPath(new URL('../../examples/shop/', import.meta.url));

/** Returns the folders of the shop that the code of a module reaches. */
function modulesKnownTo(module: string): string[] {
  const files = readdirSync(join(shop, module)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const reached = reachableFrom(files.map((file) => join(shop, module, file)));
  return [...new Set(reached.map((file) => relative(shop, file).split(sep)[0]!))].toSorted();
}

test('payment reaches nothing but itself', () => {
  expect(modulesKnownTo('payment')).toEqual(['payment']);
});

test('order and analytics reach payment, but not each other', () => {
  expect(modulesKnownTo('order')).toEqual(['order', 'payment']);
  expect(modulesKnownTo('analytics')).toEqual(['analytics', 'payment']);
});

test('the shop can be copied: nothing in it reaches a file outside of it', () => {
  const files = readdirSync(shop, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files).toContain(join('order', 'order.test.ts'));
  const reached = reachableFrom(files.map((file) => join(shop, file)));
  expect(reached.filter((file) => relative(shop, file).startsWith('..'))).toEqual([]);
});

test.each([
  "import { Order } from './lower.ts';",
  "import type { Order } from './lower.ts';",
  "export * from './lower.ts';",
  "import './lower.ts';",
  "const { Order } = await import('./lower.ts');",
  "import {\n  Order,\n  type Orders,\n} from './lower.ts';",
])('an import two files away is noticed: %s', (statement) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-imports-'));
  try {
    const [top, upper, lower] = ['top.ts', 'upper.ts', 'lower.ts'].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(top, "import './upper.ts';");
    writeFileSync(upper, statement);
    writeFileSync(lower, '');
    expect(reachableFrom([top])).toEqual([top, upper, lower]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
