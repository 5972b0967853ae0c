// The market with all that it needs, as one object that ends: server, database, workers, customers, the dashboard on loopback.
import { serve } from '@hono/node-server';
import { once } from 'node:events';
import { drizzle } from 'drizzle-orm/postgres-js';
import { dashboard } from 'signalbox/dashboard';
import postgres from 'postgres';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { migrate } from '../demo/migrate.ts';
import { sendCustomers } from './customers.ts';
import { openMarket } from './market.ts';

export interface Demo extends AsyncDisposable {
  readonly url: string;
}

/** Loopback only, and everybody there may do everything: a demo, not an example of how to mount it. */
export async function openDemo(port: number): Promise<Demo> {
  const ends: (() => unknown)[] = [];
  const server = await launchPostgres();
  ends.push(() => server[Symbol.asyncDispose]());
  await migrate(server.url);
  const client = postgres(server.url, { fetch_types: false, max: 20, onnotice() {} });
  ends.push(() => client.end({ timeout: 1 }));
  const db = drizzle({ client });
  const box = openMarket(db);
  ends.push(() => box.close());
  const workers = [box.worker({ concurrency: 6 }), box.worker({ concurrency: 4, queues: ['default', 'mail'] })];
  for (const worker of workers) {
    await worker.start();
    ends.push(() => worker.stop());
  }
  const customers = sendCustomers(db);
  ends.push(() => customers[Symbol.asyncDispose]());
  const handle = dashboard(box, { authorize: () => ({ name: 'ada@example.com' }), log: false });
  const http = serve({ fetch: handle, port, hostname: '127.0.0.1' });
  await once(http, 'listening');
  ends.push(() => {
    http.close();
    if ('closeAllConnections' in http) http.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      for (const end of ends.toReversed()) await end();
    },
  };
}
