// A worker process whose first run holds at the point that HOLD names. With a HOLD it also reports each point of its
// receivers.
import 'reflect-metadata';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type WorkerOptions } from '../../../src/index.ts';
import { block, release, tell, told } from '../../processes/parent.ts';
import { Effects, holds } from './receivers.ts';

/**
 * `claimed`: blocks for ever between the claim and the first statement. `frozen`: freezes itself there (SIGSTOP).
 * `called`, `written`: the receiver waits, before or after its write, until the test sends 'go'.
 * `query`: the receiver waits after its write, in a query, for the gate.
 */
export type Hold = 'claimed' | 'frozen' | 'called' | 'written' | 'query';

const { HOLD: hold, DATABASE_URL: url, OPTIONS: options } = process.env;

const client = postgres(url!, { max: 13, onnotice: () => {}, fetch_types: false, connection: { application_name: 'crash' } });
const box = createSignalbox({ db: drizzle({ client }), services: [Effects], log: false });
const go = told('go');
let held = false;

if (hold)
  holds.at = async (point, tx) => {
    tell(point);
    if (held || (point !== hold && !(point === 'written' && hold === 'query'))) return;
    held = true;
    if (hold === 'query') await tx.execute(sql`select pg_advisory_xact_lock_shared(1)`);
    else await go;
  };

box.on('delivery.started', () => {
  if (held || (hold !== 'frozen' && hold !== 'claimed')) return;
  held = true;
  // Synchronous: nothing is sent to the database after the claim.
  if (hold === 'claimed') block();
  process.kill(process.pid, 'SIGSTOP');
});
for (const event of ['worker.started', 'worker.stopping', 'worker.lost', 'delivery.stale', 'delivery.released'] as const)
  box.on(event, () => tell(event));

await box.worker(JSON.parse(options!) as WorkerOptions).run();
await box.close();
await client.end();
release();
