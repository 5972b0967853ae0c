// The database of a program, on the driver that DRIVER names, and a way to take all of its connections. POOLED says that
// it is behind a pooler which does not know of prepared statements.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool, type PoolClient } from 'pg';
import postgres from 'postgres';

export type Database = ReturnType<typeof drizzlePostgresJs>;

/** Whether statements may be prepared. */
export const prepare = process.env['POOLED'] === undefined;

export interface Connection {
  readonly db: Database;
  /** Takes every connection of the pool, and gives them back after so many milliseconds. */
  exhaust(ms: number): Promise<void>;
  end(): Promise<void>;
}

const ignore = (): void => {};
const CONNECT_SECONDS = 2;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function connect(max: number): Connection {
  const { DRIVER: driver, DATABASE_URL: url } = process.env;
  const name = `chaos-${process.pid}`;
  if (driver === 'postgres.js') {
    // postgres.js 3.4 may never send the first message of a connection whose predecessor was cut with a query in its buffer.
    // Whoever waits for it then waits as long as this, which by default is 30 s.
    // And it asks for the types of arrays with a query whose failure nobody handles: a connection that is lost just then
    // would end the process.
    const client = postgres(url!, {
      max,
      prepare,
      onnotice: () => {},
      connect_timeout: CONNECT_SECONDS,
      fetch_types: false,
      connection: { application_name: name },
    });
    // Not by `reserve`: with 3.4, who gives back a connection that was cut meanwhile has the next query end the process.
    const takeOne = async (ms: number): Promise<void> => client.begin(() => pause(ms));
    return {
      db: drizzlePostgresJs({ client }),
      exhaust: (ms) => takeAll(max, () => takeOne(ms)),
      end: () => client.end({ timeout: 2 }),
    };
  }
  const client = new Pool({ connectionString: url!, max, application_name: name });
  client.on('error', () => {});
  const takeOne = async (ms: number): Promise<void> => {
    // By callback: what it hears in the same breath as its client finds nobody listening otherwise.
    const taken = await new Promise<PoolClient>((resolve, reject) => {
      client.connect((error, got) => {
        if (!got) return reject(error!);
        got.on('error', ignore);
        resolve(got);
      });
    });
    await pause(ms);
    taken.off('error', ignore);
    taken.release();
  };
  return {
    db: drizzleNodePostgres({ client }) as unknown as Database,
    exhaust: (ms) => takeAll(max, () => takeOne(ms)),
    end: () => client.end(),
  };
}

async function takeAll(max: number, takeOne: () => Promise<void>): Promise<void> {
  await Promise.allSettled(Array.from({ length: max }, takeOne));
}
