// A worker process. HOLD says where its first run holds: 'stop' freezes the process between claim and first statement,
// 'started' ends that moment only by a kill, 'called' and 'written' wait in the receiver until the test says 'go'.
import 'reflect-metadata';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type WorkerOptions } from '../../../src/index.ts';
import { release, tell, told } from './parent.ts';
import { Effects, holds } from './receivers.ts';

const { HOLD: hold, DATABASE_URL: url, OPTIONS: options } = process.env;

const client = postgres(url!, { max: 13, onnotice: () => {} });
const box = createSignalbox({ db: drizzle({ client }), services: [Effects], log: false });
const go = told('go');
let held = false;

holds.at = async (point) => {
  if (point !== hold || held) return;
  held = true;
  tell(point);
  await go;
};

box.on('delivery.started', () => {
  if (held || (hold !== 'stop' && hold !== 'started')) return;
  held = true;
  // Synchronous: nothing is sent to the database after the claim.
  if (hold === 'stop') process.kill(process.pid, 'SIGSTOP');
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
for (const event of ['worker.started', 'worker.stopping', 'worker.lost', 'delivery.stale', 'delivery.released', 'worker.idle'] as const)
  box.on(event, () => tell(event));

await box.worker(JSON.parse(options!) as WorkerOptions).run();
await box.close();
await client.end();
release();
