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
  /** Gives the market an hour of history, like its last whole minute in waves. */
  lookBack(): Promise<void>;
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
    lookBack: async () => {
      await client.unsafe(RUNS);
      await client.unsafe(EMITS);
    },
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      for (const end of ends.toReversed()) await end();
    },
  };
}

/** The number of a minute of the past: a wave, and chance. */
const past = (n: string): string => `greatest(1, (${n} * (0.75 + 0.35 * sin(ago / 7.0) + 0.15 * random())))::int`;
const scaled = (buckets: string): string =>
  `(select array_agg((b * (0.75 + 0.5 * random()))::int order by i) from unnest(${buckets}) with ordinality as u(b, i))`;

const RUNS = `
insert into signalbox.tally (seconds, minute, receiver_id, worker_id, outcome, n, total_ms, lag_ms, buckets, lag_buckets)
select 60, t.minute - ago * interval '1 minute', t.receiver_id, t.worker_id, t.outcome, ${past('t.n')}, t.total_ms, t.lag_ms, ${scaled('t.buckets')}, ${scaled('t.lag_buckets')}
from signalbox.tally t cross join generate_series(1, 60) as ago
where t.minute = date_trunc('minute', now()) - interval '1 minute' on conflict do nothing`;

const EMITS = `
insert into signalbox.emission_tally (seconds, minute, signal, caused_by_receiver, process_id, n)
select 60, t.minute - ago * interval '1 minute', t.signal, t.caused_by_receiver, t.process_id, ${past('t.n')}
from signalbox.emission_tally t cross join generate_series(1, 60) as ago
where t.minute = date_trunc('minute', now()) - interval '1 minute' on conflict do nothing`;
