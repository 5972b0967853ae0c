// Every SQL statement of the store, by the name under which its module exports it: read off the modules, so that a new
// one is in the matrix as soon as it is written.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Statement } from '../../src/drivers/statement.ts';

const folder = fileURLToPath(new URL('../../src/store', import.meta.url));

/** The statements by name. */
export async function statements(): Promise<ReadonlyMap<string, Statement>> {
  const found = new Map<string, Statement>();
  for (const file of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))) {
    const exported = (await import(/* @vite-ignore */ pathToFileURL(path.join(folder, file)).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) if (isStatement(value)) found.set(name, value);
  }
  return found;
}

const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && 'text' in value && 'columns' in value;
