// The shop's database, and its type for `Db` and for the `tx` of receivers.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

const url = process.env['DATABASE_URL'];
if (!url) throw new Error('DATABASE_URL is not set. Give it the URL of a PostgreSQL database: postgres://user:password@host:5432/name');

export const db = drizzle({ client: postgres(url, { fetch_types: false }) });

declare module 'signalbox' {
  interface Register {
    db: typeof db;
  }
}
