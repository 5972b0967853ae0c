// The program with the receivers. When it starts, it announces them in the catalogue. From then on every emitter
// reaches them, whether or not this program is running. It works until SIGTERM or SIGINT.
// node --import @oxc-node/core/register examples/emit-only/worker.ts
import { db } from '../shop/database.ts';
import box from './signalbox.config.ts';

await box.worker().run();
await box.close();
await db.$client.end();
