// PGlite: one instance for the file, since each takes seconds to start; emptied for each case.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll } from 'vitest';
import { CREATE_EFFECTS, type Database, type Row, schema } from './driver.ts';
import { conformance } from './suite.ts';

const migrations = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));
const client = new PGlite();
afterAll(() => client.close());

async function migrationText(): Promise<string> {
  const names = (await readdir(migrations)).filter((name) => name.endsWith('.sql')).toSorted();
  return (await Promise.all(names.map((name) => readFile(`${migrations}/${name}`, 'utf8')))).join('\n');
}

conformance({
  name: 'PGlite',
  has: [],
  open: async () => {
    await client.exec('drop schema if exists signalbox cascade; drop schema public cascade; create schema public');
    await client.exec(await migrationText());
    await client.exec(CREATE_EFFECTS);
    return {
      db: drizzle({ client, schema }) as unknown as Database,
      sql: async (text) => (await client.query<Row>(text)).rows,
      [Symbol.asyncDispose]: async () => {},
    };
  },
});
