// Makes the database that tests clone: the migrations of the example shop, applied once per run. examples/shop decides
// the migrations; database.ts clones.
import postgres from 'postgres';
import { createDatabaseOn, databaseUrlOn, sealDatabaseOn } from '../../src/testing/database/databases.ts';
import { readMigrations } from './migrations.ts';

/** The template's name, or null when there are no migrations. */
export async function createTemplate(serverUrl: string, run: string): Promise<string | null> {
  const migrations = await readMigrations();
  if (migrations === '') return null;
  const name = `${run}_template`;
  await createDatabaseOn(serverUrl, { name, template: 'template0' });
  const client = postgres(databaseUrlOn(serverUrl, name), { max: 1, onnotice: () => {} });
  try {
    await client.unsafe(migrations);
  } finally {
    await client.end();
  }
  await sealDatabaseOn(serverUrl, name);
  return name;
}
