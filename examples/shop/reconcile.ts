// The safety net, for cron: node --import @oxc-node/core/register examples/shop/reconcile.ts
// Signals are fast and reliable; this finds what went wrong for any other reason.
import 'reflect-metadata';
import { db } from './database.ts';
import { Order } from './order/order.ts';
import box from './signalbox.config.ts';

const moved = await box.get(Order).reconcile();
console.log(moved.length === 0 ? 'Every order follows its payment.' : `Moved after their payment: orders ${moved.join(', ')}.`);
await box.close();
await db.$client.end();
