// node-postgres, with a pool and with a single client.
import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, Pool } from 'pg';
import { ofNodePostgres } from '../support/database.ts';
import { type Database, queryOptions } from './driver.ts';
import { serverDriver } from './server.ts';
import { conformance } from './suite.ts';

conformance(
  serverDriver('node-postgres, pool', ['outside', 'background', 'pool'], (database, max) => {
    const client = new Pool({ connectionString: database.url, max });
    // As in every application: an idle client that loses its connection emits an error on the pool.
    client.on('error', () => {});
    database.adopt(ofNodePostgres(client));
    return drizzle({ client, ...queryOptions }) as unknown as Database;
  }),
);

conformance(
  serverDriver('node-postgres, single client', ['outside', 'background'], async (database) => {
    const client = new Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    database.adopt({ reserved: () => 0, end: () => client.end() });
    return drizzle({ client, ...queryOptions }) as unknown as Database;
  }),
);
