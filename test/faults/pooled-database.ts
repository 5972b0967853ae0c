// A pool of databases with their connections: a fault harness takes one and returns it, and the next harness finds it empty.
// Creating a database and a client for each of several hundred cases would cost more than the cases themselves.
import postgres from 'postgres';
import { afterAll } from 'vitest';
import { RECORDING } from '../evidence/tables.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { openProxy, type Proxy } from '../processes/proxy.ts';

export interface PooledDatabase {
  readonly database: TestDatabase;
  /** Connections without the proxy. */
  readonly sql: postgres.Sql;
  readonly proxy: Proxy;
  /** Through the proxy: the connections that faults hit. */
  client: postgres.Sql;
}

const CONNECTIONS = 5;
const TERMINATION_MS = 5_000;

const free: PooledDatabase[] = [];
const all: PooledDatabase[] = [];

afterAll(async () => {
  for (const { client, proxy, database } of all) {
    await client.end({ timeout: 0 });
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  }
});

export async function takeDatabase(): Promise<PooledDatabase> {
  const pooled = free.pop() ?? (await openDatabase());
  await empty(pooled);
  return pooled;
}

/**
 * @param worn whether a session was lost: postgres.js remembers the error of a session that the server has ended, and fails
 * the first statement of the next one with it. That error does not belong to the next case.
 */
export async function returnDatabase(pooled: PooledDatabase, worn: boolean): Promise<void> {
  if (worn) {
    await pooled.client.end({ timeout: 0 });
    pooled.client = connect(pooled.proxy.url);
  }
  free.push(pooled);
}

export function connect(url: string, more: object = {}): postgres.Sql {
  // `backoff` is not in the types: a case must not wait for its next session.
  return postgres(url, { max: CONNECTIONS, onnotice: () => {}, connect_timeout: 2, backoff: 0, fetch_types: false, ...more } as object);
}

async function openDatabase(): Promise<PooledDatabase> {
  const database = await createDatabase();
  database.leaves('handles', 'postgres.js forgets a socket that is still opening when its client ends; the server closes it');
  const sql = database.connect({ max: 3, connect_timeout: 2, fetch_types: false, connection: { application_name: 'fault-observer' } });
  await sql.unsafe(RECORDING);
  const proxy = await openProxy(database.url);
  const pooled = { database, sql, proxy, client: connect(proxy.url) };
  all.push(pooled);
  return pooled;
}

/** Ends every session that is still busy, then empties the tables, which needs the end of every transaction. */
async function empty({ sql }: PooledDatabase): Promise<void> {
  await sql`
    select pg_terminate_backend(pid, ${TERMINATION_MS}) from pg_stat_activity
    where datname = current_database() and state <> 'idle' and application_name <> 'fault-observer' and backend_type = 'client backend'`;
  await sql`
    truncate signalbox.delivery, signalbox.settled, signalbox.emission, signalbox.delivery_error, signalbox.receiver, signalbox.worker, signalbox.maintenance_task,
      signalbox.tally, signalbox.emission_tally, signalbox.gauge, effect, change, enrolled restart identity`;
}
