// The database of a program, on the driver that DRIVER names, with the settings that docs/guides/drivers.md asks for.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';

type Database = ReturnType<typeof drizzlePostgresJs>;

const { DRIVER: driver, DATABASE_URL: url } = process.env;

export function connect(): { db: Database; end: () => Promise<void> } {
  if (driver === 'postgres.js') {
    // By default a connection may wait for 20 s after the database is back.
    const client = postgres(url!, { max: 6, connect_timeout: 2, backoff: () => 1, fetch_types: false, onnotice: () => {} });
    return { db: drizzlePostgresJs({ client }), end: () => client.end({ timeout: 5 }) };
  }
  const client = new Pool({ connectionString: url!, max: 6 });
  client.on('error', () => {});
  return { db: drizzleNodePostgres({ client }) as unknown as Database, end: () => client.end() };
}
