// The safety net, for cron: node --import @oxc-node/core/register examples/shop/reconcile.ts
// Signals are fast and reliable; this script finds orders that were left behind for any other reason.
import 'reflect-metadata';
import { db } from './database.ts';
import { Order } from './order/order.ts';
import box from './signalbox.config.ts';

const moved = await box.get(Order).reconcile();
console.log(moved.length === 0 ? 'Every order is up to date with its payment.' : `Updated orders: ${moved.join(', ')}.`);
await box.close();
await db.$client.end();
