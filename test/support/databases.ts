// The statements that create and drop whole databases on the test server. database.ts and template.ts decide which
// databases there are, and their content.
import postgres from 'postgres';

/** PostgreSQL itself waits 5 s for the sessions of a template to end before it refuses. */
const CREATE_ATTEMPTS = 3;
const OBJECT_IN_USE = '55006';

export interface NewDatabase {
  name: string;
  template: string;
}

export async function createDatabaseOn(serverUrl: string, { name, template }: NewDatabase): Promise<void> {
  await withServer(serverUrl, async (sql) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await sql`create database ${sql(name)} template ${sql(template)}`;
        return;
      } catch (error) {
        if (attempt === CREATE_ATTEMPTS || (error as { code?: string }).code !== OBJECT_IN_USE) throw error;
      }
    }
  });
}

/** Refuses connections to the template from now on, so that it can always be cloned and never changes. */
export async function sealDatabaseOn(serverUrl: string, name: string): Promise<void> {
  await withServer(serverUrl, (sql) => sql`alter database ${sql(name)} allow_connections false`);
}

/** Ends the sessions that use them. */
export async function dropDatabasesOn(serverUrl: string, matches: (name: string) => boolean): Promise<void> {
  await withServer(serverUrl, async (sql) => {
    const databases = await sql<{ name: string }[]>`select datname as name from pg_catalog.pg_database`;
    for (const { name } of databases.filter((database) => matches(database.name))) {
      await sql`drop database if exists ${sql(name)} with (force)`;
    }
  });
}

export function databaseUrlOn(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function withServer(serverUrl: string, work: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
