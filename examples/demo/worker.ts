// Runs the worker of the demo as a process of its own: the shop's services and the demo's Shipping, with a short lease.
import 'reflect-metadata';
import { dieWithParent } from './leash.ts';
import { Shipping } from './shipping.ts';
import { openShop } from './shop.ts';
import { WORKER_OPTIONS } from './timing.ts';

const leash = dieWithParent();
const { box, client } = openShop(process.env['DATABASE_URL']!, [Shipping]);
box.on('worker.started', () => leash.tell('working'));
await box.worker(WORKER_OPTIONS).run();
await box.close();
await client.end();
leash.release();
