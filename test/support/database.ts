// Gives a test its own database on the run's server, by default with Signalbox' schema, and drops it afterwards; the
// test fails if anything of it is left then (src/testing/database). The server and the template come from global-setup.ts.
import type { Pool } from 'pg';
import postgres from 'postgres';
import { inject } from 'vitest';
import { ofNodePostgres as clientOfNodePostgres, type TestClient } from '../../src/testing/database/clients.ts';
import type { Leak } from '../../src/testing/database/leaks.ts';
import { nameDatabase } from '../../src/testing/database/names.ts';
import { openDatabase } from '../../src/testing/database/open-database.ts';

export interface CreateDatabaseOptions {
  /** With the migrations of the example shop, Signalbox' tables among them; the default. Else empty. */
  migrated?: boolean;
  /** The time that remaining resources of the test may take to end. */
  patienceMs?: number;
}

export type { TestClient };

export type ConnectOptions = postgres.Options<Record<string, postgres.PostgresType>>;

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
  /** A client that ends with the database. Notices are dropped unless `onnotice` is given. */
  connect(options?: ConnectOptions): postgres.Sql;
  /** Ends a client of another driver with the database, too. */
  adopt(client: TestClient): void;
  /** Declares that the test must leave this behind, and why. */
  leaves(leak: Leak, reason: string): void;
}

/**
 * @example
 * await using database = await createDatabase();
 * const db = drizzle({ client: database.connect() });
 */
export async function createDatabase({ migrated = true, patienceMs }: CreateDatabaseOptions = {}): Promise<TestDatabase> {
  const database = await openDatabase({
    serverUrl: inject('databaseUrl'),
    name: nameDatabase(inject('databaseRun')),
    template: migrated ? requireTemplate() : 'template0',
    schema: 'signalbox',
    patienceMs,
  });
  return {
    url: database.url,
    name: database.name,
    connect: (options) => database.own(postgres(database.url, { onnotice: () => {}, ...options })),
    adopt: (client) => database.adopt(client),
    leaves: (leak, reason) => database.leaves(leak, reason),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

/** A pool of node-postgres, which would wait for ever for a client that is not released. */
export const ofNodePostgres = (pool: Pool): TestClient => clientOfNodePostgres(pool);

function requireTemplate(): string {
  const template = inject('databaseTemplate');
  if (template !== null) return template;
  throw new Error(
    'There is no migrated database to clone: examples/shop/migrations was missing when the run began. ' +
      'Generate the migrations, or ask for an empty database with `migrated: false`.',
  );
}
