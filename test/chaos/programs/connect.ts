// The database of a program, on the driver that DRIVER names. POOLED says that a pooler without support for prepared
// statements is in front of it.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';

export type Database = ReturnType<typeof drizzlePostgresJs>;

/** Whether statements may be prepared. */
export const prepare = process.env['POOLED'] === undefined;
/** The option of a box: where its statements may be prepared, those of Drizzle may be, too. */
export const prepareFor = prepare ? 'all' : false;

export interface Connection {
  readonly db: Database;
  end(): Promise<void>;
}

const CONNECT_SECONDS = 2;
const RECONNECT_SECONDS = 0.2;
/** The time in which a process without open handles ends by itself. */
const END_MS = 3_000;

export function connect(max: number): Connection {
  const { DRIVER: driver, DATABASE_URL: url } = process.env;
  const name = `chaos-${process.pid}`;
  if (driver === 'postgres.js') {
    // postgres.js 3.4 may never send the first message of a connection whose predecessor was cut with a query in its buffer.
    // Its caller then waits for this timeout, which by default is 30 s.
    // Without the database it waits for up to 20 s between two tries, and every statement with it.
    // With the settings that docs/guides/drivers.md recommends and explains.
    const client = postgres(url!, {
      max,
      prepare,
      onnotice: () => {},
      connect_timeout: CONNECT_SECONDS,
      backoff: () => RECONNECT_SECONDS,
      fetch_types: false,
      connection: { application_name: name },
    });
    return { db: drizzlePostgresJs({ client }), end: async () => endPool(client) };
  }
  const client = new Pool({ connectionString: url!, max, application_name: name });
  client.on('error', () => {});
  return { db: drizzleNodePostgres({ client }) as unknown as Database, end: () => client.end() };
}

async function endPool(client: postgres.Sql): Promise<void> {
  await client.end({ timeout: 2 });
  // A pool that is ended while it waits for its next try connects once more, and keeps the process alive.
  setTimeout(() => process.exit(), END_MS).unref();
}
