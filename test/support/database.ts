// Gives a test its own database on the run's server, by default with Signalbox' schema, and drops it afterwards; the
// test fails if anything of it is left then (leaks.ts). The server and the template come from global-setup.ts.
import type { Pool } from 'pg';
import postgres from 'postgres';
import { inject } from 'vitest';
import { nameDatabase } from './database-names.ts';
import { createDatabaseOn, databaseUrlOn, dropDatabasesOn } from './databases.ts';
import {
  fewest,
  handles,
  type Leak,
  LeakCheck,
  type Leaks,
  liveRows,
  newHandles,
  openSessions,
  openWork,
  type Query,
  refuseLeaks,
} from './leaks.ts';

/**
 * The time for a client to finish its queries. postgres.js uses all of it after the server has ended a session of its
 * pool.
 */
const END_LIMIT_SECONDS = 1;

export interface CreateDatabaseOptions {
  /** With the migrations of the example shop, Signalbox' tables among them; the default. Else empty. */
  migrated?: boolean;
  /** The time that remaining resources of the test may take to end. */
  patienceMs?: number;
}

export type ConnectOptions = postgres.Options<Record<string, postgres.PostgresType>>;

export interface TestClient {
  /** Connections that are checked out: a query cannot distinguish them from idle ones. */
  reserved(): number;
  end(): Promise<unknown>;
}

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

/** Databases that are not disposed of yet: while there are others, handles of this process may be theirs. */
let open = 0;
let handlesBefore = handles();

/**
 * @example
 * await using database = await createDatabase();
 * const db = drizzle({ client: database.connect() });
 */
export async function createDatabase({ migrated = true, patienceMs }: CreateDatabaseOptions = {}): Promise<TestDatabase> {
  const isFirst = open === 0;
  if (isFirst) handlesBefore = handles();
  const leaks = new LeakCheck(patienceMs);
  const serverUrl = inject('databaseUrl');
  const name = nameDatabase(inject('databaseRun'));
  await createDatabaseOn(serverUrl, { name, template: migrated ? requireTemplate() : 'template0' });
  open++;
  // The test runner's own timers come and go.
  if (isFirst) handlesBefore = fewest(handlesBefore, handles());
  const url = databaseUrlOn(serverUrl, name);
  const clients: TestClient[] = [];
  return {
    url,
    name,
    connect(options) {
      const client = postgres(url, { onnotice: () => {}, ...options });
      clients.push(ofPostgresJs(client));
      return client;
    },
    adopt: (client) => void clients.push(client),
    leaves: (leak, reason) => leaks.leaves(leak, reason),
    async [Symbol.asyncDispose]() {
      open--;
      const found = await endAll(url, clients, leaks);
      await dropDatabasesOn(serverUrl, (candidate) => candidate === name);
      refuseLeaks([...found, ...(open > 0 ? [] : await leaks.find(async () => newHandles(handlesBefore)))]);
    },
  };
}

/** Checks for leaks before and after the clients end. */
async function endAll(url: string, clients: readonly TestClient[], leaks: LeakCheck): Promise<Leaks> {
  const observer = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    const query: Query = (text) => observer.unsafe(text);
    const slots = async (): Promise<Leaks> =>
      clients.flatMap(({ reserved }) => (reserved() > 0 ? [['slots', `${reserved()} reserved`]] : []));
    const open = await leaks.find(async () => [...(await openWork(query)), ...(await liveRows(query)), ...(await slots())]);
    await Promise.all(clients.map((client) => client.end()));
    return [...open, ...(await leaks.find(() => openSessions(query)))];
  } finally {
    await observer.end();
  }
}

function ofPostgresJs(client: postgres.Sql): TestClient {
  let reserved = 0;
  const { reserve } = client;
  client.reserve = async () => {
    const session = await reserve();
    const { release } = session;
    let isReleased = false;
    reserved++;
    session.release = () => {
      if (!isReleased) reserved--;
      isReleased = true;
      release();
    };
    return session;
  };
  return { reserved: () => reserved, end: () => client.end({ timeout: END_LIMIT_SECONDS }) };
}

/** A pool of node-postgres, which would wait for ever for a client that is not released. */
export function ofNodePostgres(pool: Pool): TestClient {
  const reserved = (): number => pool.totalCount - pool.idleCount + pool.waitingCount;
  return { reserved, end: async () => (reserved() > 0 ? void pool.end() : pool.end()) };
}

function requireTemplate(): string {
  const template = inject('databaseTemplate');
  if (template !== null) return template;
  throw new Error(
    'There is no migrated database to clone: examples/shop/migrations was missing when the run began. ' +
      'Generate the migrations, or ask for an empty database with `migrated: false`.',
  );
}
