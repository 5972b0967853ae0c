// PGlite: one instance for the file, since each takes seconds to start; emptied for each case.
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll } from 'vitest';
import { readMigrations } from '../support/migrations.ts';
import { CREATE_EFFECTS, type Database, type Row, queryOptions } from './driver.ts';
import { conformance } from './suite.ts';

const client = new PGlite();
afterAll(() => client.close());

conformance({
  name: 'PGlite',
  has: [],
  open: async () => {
    await client.exec('drop schema if exists signalbox cascade; drop schema public cascade; create schema public');
    await client.exec(await readMigrations());
    await client.exec(CREATE_EFFECTS);
    return {
      db: drizzle({ client, ...queryOptions }) as unknown as Database,
      sql: async (text) => (await client.query<Row>(text)).rows,
      [Symbol.asyncDispose]: async () => {},
    };
  },
});
