// One cell: the driver is the argument. A payment completes its order through a worker; one that is rolled back does not.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { asc } from 'drizzle-orm';
import type * as Database from './database/postgres-js.js';
import { orders, payments } from './schema.js';
import { payment, Payments } from './shop.js';

const { db, box, close } = (await import(`./database/${process.argv[2]}.js`)) as typeof Database;

for (const id of [1, 2]) {
  await db.insert(payments).values({ id, status: 'started' });
  await db.insert(orders).values({ paymentId: id, status: 'placed' });
}
const undone = db.transaction(async (tx) => {
  await payment.completed.emitReliable(tx, { paymentId: 2 });
  throw new Error('undone');
});
await assert.rejects(undone, /undone/);

const completed = box.next('delivery.completed');
const worker = box.worker({ concurrency: 2 });
await worker.start();
await box.get(Payments).succeed(1);
assert.equal((await completed).receiver, 'Orders.onPaymentCompleted');
await worker.stop();

const found = await db.select().from(orders).orderBy(asc(orders.paymentId));
assert.deepEqual(
  found.map(({ status }) => status),
  ['completed', 'placed'],
);
await assert.rejects(
  db.transaction(async (tx) => void (await payment.completed.emitReliable(tx, { paymentId: 'one' } as never))),
  { code: 'InvalidPayload' },
);
await box.close();
await close();
console.log('the order is completed, once, and nothing else');
