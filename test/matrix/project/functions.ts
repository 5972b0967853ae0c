// Without decorators, for runtimes that only strip types: a function as the receiver.
import assert from 'node:assert/strict';
import { eq } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, defineSignal } from 'signalbox';
import { z } from 'zod';

const orders = pgTable('orders', { paymentId: integer('payment_id').primaryKey(), status: text('status').notNull() });
const completed = defineSignal('payment.completed', z.object({ paymentId: z.number().int() }));
const client = postgres(process.env['DATABASE_URL']!, { max: 5, fetch_types: false });
const db = drizzle({ client });
const box = createSignalbox({ db, services: [], log: false });
box.receivers.connect(
  completed,
  async ({ paymentId }, { tx }) => {
    await (tx as unknown as typeof db).update(orders).set({ status: 'completed' }).where(eq(orders.paymentId, paymentId));
  },
  { name: 'completeOrder' },
);

await db.insert(orders).values({ paymentId: 1, status: 'placed' });
await db.transaction(async (tx) => void (await completed.emitReliable(tx, { paymentId: 1 })));
assert.equal((await box.drain()).completed, 1);
const [order] = await db.select().from(orders);
assert.equal(order!.status, 'completed');
await box.close();
await client.end();
console.log('the order is completed, once, and nothing else');
