// Every SQL statement of the store, by the name under which its module exports it: read from the modules, so that a new
// statement is in the matrix as soon as it is written.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Statement } from '../../src/drivers/statement.ts';

const folder = fileURLToPath(new URL('../../src/store', import.meta.url));

/**
 * The statements of a box by name.
 * @param options `withMigrations`: also those around a migration, which are in one transaction with it;
 * test/cli/verbs/migrate.system.test.ts ends that in the middle
 */
export async function statements({ withMigrations = false } = {}): Promise<ReadonlyMap<string, Statement>> {
  const found = new Map<string, Statement>();
  for (const file of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))) {
    if (file.endsWith('migrate.sql.ts') && !withMigrations) continue;
    const exported = (await import(/* @vite-ignore */ pathToFileURL(path.join(folder, file)).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) if (isStatement(value)) found.set(name, value);
  }
  return found;
}

/** Only the tests of applications send these (src/testing/), on a database without faults. */
export const OF_TESTS: readonly string[] = [
  'databaseNames',
  'databaseNotes',
  'endSessions',
  'leftRows',
  'leftSessionWork',
  'leftSessions',
  'expireLeases',
  'reopenDelivery',
  'seenDeliveries',
  'storeDelivery',
  'travel',
  'unfinished',
  'columnsOfTable',
  'withoutTriggers',
];

const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && 'text' in value && 'columns' in value;
