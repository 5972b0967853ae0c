// postgres.js, with a pool.
import { drizzle } from 'drizzle-orm/postgres-js';
import { conformance } from './suite.ts';
import { queryOptions } from './driver.ts';
import { serverDriver } from './server.ts';

conformance(
  serverDriver('postgres.js', ['outside', 'background', 'pool'], (database, max) =>
    drizzle({ client: database.connect({ max }), ...queryOptions }),
  ),
);
