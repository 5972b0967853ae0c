// A box whose database is behind a proxy, on either driver, for tests of connections that end at the worst moment. The
// tests read the database without the proxy.
import { Socket } from 'node:net';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';
import { createSignalbox, type Signalbox, type SignalboxOptions } from '../../src/index.ts';
import { createDatabase, ofNodePostgres, type TestClient } from './database.ts';
import { createEffects } from './effects.ts';
import type { Database } from './harness.ts';
import { openProxy, type Proxy, type ProxyCut } from '../processes/proxy.ts';

export const DRIVERS = ['postgres.js', 'node-postgres'] as const;
export type DriverName = (typeof DRIVERS)[number];

export interface BehindProxy extends AsyncDisposable {
  readonly proxy: Proxy;
  readonly db: Database;
  readonly box: Signalbox<Database>;
  /** The URL without the proxy. */
  readonly sql: postgres.Sql;
  /** The database without the proxy, with its own box. */
  readonly direct: Database;
  /** Cuts a connection of `db` from this side, with an error that is unknown to every driver. */
  readonly breakTunnel: ProxyCut;
  /** Makes each COMMIT that has written an effect wait, until it is released. */
  delayCommits(): Promise<{ let: () => Promise<void> }>;
}

export interface BehindProxyOptions extends Partial<SignalboxOptions<Database>> {
  /** A database with Signalbox' tables; the default is one of its own. */
  readonly url?: string;
  readonly max?: number;
  /** For `breakTunnel`. */
  readonly tunnel?: boolean;
}

export async function openBehindProxy(
  driver: DriverName,
  { url, max = 6, tunnel = false, ...options }: BehindProxyOptions = {},
): Promise<BehindProxy> {
  const database = url === undefined ? await createDatabase() : undefined;
  const sql = database?.connect({ max: 6 }) ?? postgres(url!, { max: 6, onnotice: () => {} });
  const proxy = await openProxy(database?.url ?? url!);
  const sockets = new Set<Socket>();
  const { db, ...client } = connect(driver, proxy.url, max, tunnel ? sockets : undefined);
  const end = async (): Promise<void> => {
    await client.end();
    await proxy[Symbol.asyncDispose]();
  };
  database?.adopt({ ...client, end });
  const box = createSignalbox({ log: false, ...options, db });
  const direct = drizzlePostgresJs({ client: sql }) as Database;
  const directBox = createSignalbox({ log: false, db: direct });
  await createEffects(sql);
  return {
    proxy,
    db,
    box,
    sql,
    direct,
    breakTunnel: ({ remotePort }) => {
      const socket = [...sockets].find(({ localPort }) => localPort === remotePort);
      socket!.destroy(new Error('the tunnel broke'));
    },
    delayCommits: () => delayCommits(sql),
    [Symbol.asyncDispose]: async () => {
      await box.close();
      await directBox.close();
      await (database ? database[Symbol.asyncDispose]() : Promise.all([end(), sql.end({ timeout: 1 })]));
    },
  };
}

/** @param sockets if given, the client uses sockets of this process, which are added there */
function connect(driver: DriverName, url: string, max: number, sockets?: Set<Socket>): TestClient & { db: Database } {
  const socket = (): Socket => {
    const made = new Socket();
    sockets!.add(made);
    return made;
  };
  if (driver === 'postgres.js') {
    const { hostname, port } = new URL(url);
    const connected = async (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const made = socket();
        made.once('error', reject).connect(Number(port), hostname, () => resolve(made.off('error', reject)));
      });
    // The option is not in its types.
    const own: object = sockets ? { socket: connected } : {};
    const client = postgres(url, { max, onnotice: () => {}, ...own });
    return { db: drizzlePostgresJs({ client }) as Database, reserved: () => 0, end: () => client.end({ timeout: 1 }) };
  }
  const client = new Pool({ connectionString: url, max, ...(sockets ? { stream: socket } : {}) });
  client.on('error', () => {});
  return { db: drizzleNodePostgres({ client }) as unknown as Database, ...ofNodePostgres(client) };
}

async function delayCommits(sql: postgres.Sql): Promise<{ let: () => Promise<void> }> {
  await sql.unsafe(`
    create function wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
    create constraint trigger wait after insert on effect deferrable initially deferred for each row execute function wait()`);
  const session = await sql.reserve();
  await session`select pg_advisory_lock(1)`;
  return {
    let: async () => {
      await session`select pg_advisory_unlock(1)`;
      session.release();
    },
  };
}
