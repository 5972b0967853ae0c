// node-postgres, with a pool and with a single client.
import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, Pool } from 'pg';
import { type Database, queryOptions } from './driver.ts';
import { serverDriver } from './server.ts';
import { conformance } from './suite.ts';

conformance(
  serverDriver('node-postgres, pool', ['outside', 'background', 'pool'], ({ url }, max) => {
    const client = new Pool({ connectionString: url, max });
    // As every application must: an idle client that loses its connection tells the pool.
    client.on('error', () => {});
    return { db: drizzle({ client, ...queryOptions }) as unknown as Database, end: () => client.end() };
  }),
);

conformance(
  serverDriver('node-postgres, single client', ['outside', 'background'], async ({ url }) => {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return { db: drizzle({ client, ...queryOptions }) as unknown as Database, end: () => client.end() };
  }),
);
