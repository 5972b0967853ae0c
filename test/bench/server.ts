// The server that all systems share, as durable as in production, and a fresh database for each system in each round.
import postgres from 'postgres';
import { createDatabaseOn, databaseUrlOn, dropDatabasesOn } from '../../src/testing/database/databases.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { serverCpu, statOf } from './cpu.ts';
import { Child } from './process.ts';
import type { Settings, SystemName } from './systems/system.ts';

/** No protection against crashes is turned off. The other settings keep checkpoints out of the rounds. */
export const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '200',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
};

export interface Database extends AsyncDisposable {
  readonly url: string;
  readonly sql: postgres.Sql;
  /** Does the maintenance that a server does in time, so that no system is measured on tables without statistics. */
  settle(): Promise<void>;
}

export interface Server extends AsyncDisposable {
  readonly version: string;
  /** An empty database with the tables of the system, as its settings make them. */
  open(system: SystemName, settings?: Settings): Promise<Database>;
  /** CPU time of the server so far, in milliseconds; `undefined` where the system does not tell. */
  cpu(): Promise<number | undefined>;
  /** Drops the databases that were opened. Not after each round: a drop waits for a checkpoint. */
  clear(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const server = await launchPostgres({ settings: SETTINGS });
  const templates = new Map<string, Promise<string>>();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const [{ version }] = (await sql`select current_setting('server_version') as version`) as unknown as [{ version: string }];
  let databases = 0;
  const template = (system: SystemName, { installed = false }: Settings = {}): Promise<string> => {
    const name = `template_${system.replaceAll('-', '_')}${installed ? '_as_installed' : ''}`;
    const made = templates.get(name) ?? makeTemplate(server.url, { name, system, installed });
    templates.set(name, made);
    return made;
  };
  const [{ pid }] = (await sql`select pg_backend_pid() as pid`) as unknown as [{ pid: number }];
  const postmaster = (await statOf(pid))?.parent;
  return {
    version,
    cpu: async () => (postmaster === undefined ? undefined : serverCpu(postmaster)),
    open: async (system, settings) => {
      const name = `bench_${(databases += 1)}`;
      await createDatabaseOn(server.url, { name, template: await template(system, settings) });
      return openDatabase(server.url, name);
    },
    clear: () => dropDatabasesOn(server.url, (name) => name.startsWith('bench_')),
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await server.stop();
    },
  };
}

async function makeTemplate(serverUrl: string, of: { name: string; system: SystemName; installed: boolean }): Promise<string> {
  const { name, system, installed } = of;
  await createDatabaseOn(serverUrl, { name, template: 'template0' });
  await using child = new Child(system);
  await child.call('setUp', databaseUrlOn(serverUrl, name), { installed });
  return name;
}

function openDatabase(serverUrl: string, name: string): Database {
  const url = databaseUrlOn(serverUrl, name);
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  return {
    url,
    sql,
    settle: async () => {
      await sql`vacuum analyze`;
      await sql`checkpoint`;
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}
