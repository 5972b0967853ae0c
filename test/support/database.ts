// Gives a test a database of its own on the run's server, by default with Signalbox' schema, and takes it away again.
// The server and the template it clones come from global-setup.ts.
import postgres from 'postgres';
import { inject } from 'vitest';
import { nameDatabase } from './database-names.ts';
import { createDatabaseOn, databaseUrlOn, dropDatabasesOn } from './databases.ts';

/** What a client gets to finish its queries when its database is disposed of. */
const END_LIMIT_SECONDS = 1;

export interface CreateDatabaseOptions {
  /** With the migrations of the example shop, Signalbox' tables among them; the default. Else empty. */
  migrated?: boolean;
}

export type ConnectOptions = postgres.Options<Record<string, postgres.PostgresType>>;

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
  /** A client that ends with the database. Notices are dropped unless `onnotice` is given. */
  connect(options?: ConnectOptions): postgres.Sql;
}

/**
 * @example
 * await using database = await createDatabase();
 * const db = drizzle({ client: database.connect() });
 */
export async function createDatabase({ migrated = true }: CreateDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = inject('databaseUrl');
  const name = nameDatabase(inject('databaseRun'));
  await createDatabaseOn(serverUrl, { name, template: migrated ? requireTemplate() : 'template0' });
  const url = databaseUrlOn(serverUrl, name);
  const clients: postgres.Sql[] = [];
  return {
    url,
    name,
    connect(options) {
      const client = postgres(url, { onnotice: () => {}, ...options });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end({ timeout: END_LIMIT_SECONDS })));
      await dropDatabasesOn(serverUrl, (candidate) => candidate === name);
    },
  };
}

function requireTemplate(): string {
  const template = inject('databaseTemplate');
  if (template !== null) return template;
  throw new Error(
    'There is no migrated database to clone: examples/shop/migrations was missing when the run began. ' +
      'Generate the migrations, or ask for an empty database with `migrated: false`.',
  );
}
