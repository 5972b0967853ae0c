// Every SQL statement of the store, by the name under which its module exports it: read off the modules, so that a new
// one is in the matrix as soon as it is written.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../src/store', import.meta.url));

/** What a statement begins with, and no other text that the store exports. */
const STATEMENT = /^\s*(select|with|insert|update|delete)\s/;

/** The statements, text by name. */
export async function statements(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts'))) {
    const exported = (await import(`../../src/store/${file.slice(0, -3)}.ts`)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) if (typeof value === 'string' && STATEMENT.test(value)) found.set(name, value);
  }
  return found;
}
