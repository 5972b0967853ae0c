// A worker with a watchdog, whose receiver blocks the event loop for the time in the payload. INSPECT opens a debugger
// first.
import 'reflect-metadata';
import inspector from 'node:inspector';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type DeliveryContext } from '../../../src/index.ts';
import { sql } from 'drizzle-orm';
import { release, tell, told } from '../../processes/parent.ts';
import { looped } from './looping-signal.ts';

const { DATABASE_URL: url, INSPECT: inspect, LEASE: lease, WATCHDOG: watchdog } = process.env;
if (inspect) inspector.open(0, '127.0.0.1');

const client = postgres(url!, { max: 6, onnotice: () => {}, fetch_types: false, connection: { application_name: 'crash' } });
const box = createSignalbox({ db: drizzle({ client }), log: false });
box.receivers.connect(
  looped,
  async ({ value, blockMs }, { tx }: DeliveryContext) => {
    const until = performance.now() + blockMs;
    while (performance.now() < until);
    await tx.execute(sql`insert into effect (delivery, epoch, value, pid) values (0, 0, ${value}::int, ${process.pid}::int)`);
  },
  { name: 'Looping.receive' },
);
const worker = box.worker({ lease: lease as '1s', pollInterval: 50, concurrency: 2, watchdog: watchdog !== 'off' });
await worker.start();
tell('started');
await told('stop');
await worker.stop();
await box.close();
// Otherwise the wait for a session that was ended meanwhile has no limit.
await client.end({ timeout: 5 });
inspector.close();
// The watchdog does not keep the process alive.
release();
