// Makes the database that tests clone: the migrations of the example shop, applied once per run. Which migrations those
// are is decided by examples/shop; cloning is left to database.ts.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { createDatabaseOn, databaseUrlOn, sealDatabaseOn } from './databases.ts';

const migrationsFolder = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));

/** The template's name, or null when there are no migrations. */
export async function createTemplate(serverUrl: string, run: string): Promise<string | null> {
  if (!existsSync(`${migrationsFolder}/meta/_journal.json`)) return null;
  const name = `${run}_template`;
  await createDatabaseOn(serverUrl, { name, template: 'template0' });
  await applyMigrations(databaseUrlOn(serverUrl, name));
  await sealDatabaseOn(serverUrl, name);
  return name;
}

async function applyMigrations(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await migrate(drizzle({ client }), { migrationsFolder });
  } finally {
    await client.end();
  }
}
