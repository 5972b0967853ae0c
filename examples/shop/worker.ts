// A worker of the shop, as a process of its own, which works until SIGTERM or SIGINT:
// node --import @oxc-node/core/register examples/shop/worker.ts
import 'reflect-metadata';
import { db } from './database.ts';
import box from './signalbox.config.ts';

await box.worker().run();
await box.close();
await db.$client.end();
