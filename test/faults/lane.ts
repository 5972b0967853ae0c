// Databases for the stages, with their connections: a stage takes one and gives it back, and the next one finds it empty.
// A database and a pool for each of several hundred stages would cost more than the stages.
import postgres from 'postgres';
import { afterAll } from 'vitest';
import { RECORDING } from '../chaos/tables.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { openProxy, type Proxy } from '../support/proxy.ts';

export interface Lane {
  readonly database: TestDatabase;
  /** Past the proxy. */
  readonly sql: postgres.Sql;
  readonly proxy: Proxy;
  /** Through the proxy: what the faults befall. */
  client: postgres.Sql;
}

const CONNECTIONS = 5;
const TERMINATION_MS = 5_000;

const free: Lane[] = [];
const all: Lane[] = [];

afterAll(async () => {
  for (const { client, proxy, database } of all) {
    await client.end({ timeout: 0 });
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  }
});

export async function takeLane(): Promise<Lane> {
  const lane = free.pop() ?? (await newLane());
  await empty(lane);
  return lane;
}

/**
 * @param worn whether a session was lost: postgres.js remembers the error of a session that the server has ended, and fails
 * the first statement of the next one with it. That is no matter of the next stage.
 */
export async function giveBack(lane: Lane, worn: boolean): Promise<void> {
  if (worn) {
    await lane.client.end({ timeout: 0 });
    lane.client = connect(lane.proxy.url);
  }
  free.push(lane);
}

function connect(url: string): postgres.Sql {
  // `backoff` is not in its types: a stage shall not wait for the next session.
  return postgres(url, { max: CONNECTIONS, onnotice: () => {}, connect_timeout: 2, backoff: 0, fetch_types: false } as object);
}

async function newLane(): Promise<Lane> {
  const database = await createDatabase();
  database.leaves('handles', 'postgres.js forgets a socket that is still opening when its client ends; the server closes it');
  const sql = database.connect({ max: 3, connect_timeout: 2, fetch_types: false, connection: { application_name: 'lane' } });
  await sql.unsafe(RECORDING);
  const proxy = await openProxy(database.url);
  const lane = { database, sql, proxy, client: connect(proxy.url) };
  all.push(lane);
  return lane;
}

/** Whatever a session still does is ended, and the tables are emptied, for which every transaction must be over. */
async function empty({ sql }: Lane): Promise<void> {
  await sql`
    select pg_terminate_backend(pid, ${TERMINATION_MS}) from pg_stat_activity
    where datname = current_database() and state <> 'idle' and application_name <> 'lane' and backend_type = 'client backend'`;
  await sql`
    truncate signalbox.delivery, signalbox.settled, signalbox.emission, signalbox.delivery_error, signalbox.receiver, signalbox.worker,
      effect, act, enrolled restart identity`;
}
