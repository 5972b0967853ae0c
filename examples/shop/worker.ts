// A worker of the shop, as a process of its own: node --import @oxc-node/core/register examples/shop/worker.ts
// It works until it gets SIGTERM or SIGINT.
import 'reflect-metadata';
import { db } from './database.ts';
import box from './signalbox.config.ts';

await box.worker().run();
await box.close();
await db.$client.end();
