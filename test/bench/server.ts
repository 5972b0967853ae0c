// The server that all systems share, as durable as in production, and a fresh database for each system in each round.
import postgres from 'postgres';
import { createDatabaseOn, databaseUrlOn, dropDatabasesOn } from '../../src/testing/database/databases.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { Child } from './process.ts';
import type { SystemName } from './systems/system.ts';

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
  /** An empty database with the tables of the system. */
  open(system: SystemName): Promise<Database>;
  /** Drops the databases that were opened. Not after each round: a drop waits for a checkpoint. */
  clear(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const server = await launchPostgres({ settings: SETTINGS });
  const templates = new Map<SystemName, Promise<string>>();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const [{ version }] = (await sql`select current_setting('server_version') as version`) as unknown as [{ version: string }];
  let databases = 0;
  const template = (system: SystemName): Promise<string> => {
    const made = templates.get(system) ?? makeTemplate(server.url, system);
    templates.set(system, made);
    return made;
  };
  return {
    version,
    open: async (system) => {
      const name = `bench_${(databases += 1)}`;
      await createDatabaseOn(server.url, { name, template: await template(system) });
      return openDatabase(server.url, name);
    },
    clear: () => dropDatabasesOn(server.url, (name) => name.startsWith('bench_')),
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await server.stop();
    },
  };
}

async function makeTemplate(serverUrl: string, system: SystemName): Promise<string> {
  const name = `template_${system.replaceAll('-', '_')}`;
  await createDatabaseOn(serverUrl, { name, template: 'template0' });
  await using child = new Child(system);
  await child.call('setUp', databaseUrlOn(serverUrl, name));
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
