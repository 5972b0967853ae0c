// A program that only emits: a cron job, a serverless function, a script. It imports the payment module's table and
// signals, and no receiver; the catalogue in the database names the receivers, since a worker has announced them.
// node --import @oxc-node/core/register examples/emit-only/emitter.ts <reference of a payment>
import { and, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from 'signalbox';
import { paymentProcess } from '../shop/payment/schema.ts';
import { payment } from '../shop/payment/signals.ts';

const client = postgres(process.env['DATABASE_URL'] ?? '', { max: 1, fetch_types: false });
const box = createSignalbox({ db: drizzle({ client }) });
const [reference = ''] = process.argv.slice(2);

try {
  const { deliveries } = await box.db.transaction(async (tx) => {
    const [updated] = await tx
      .update(paymentProcess)
      .set({ status: 'succeeded' })
      .where(and(eq(paymentProcess.reference, reference), eq(paymentProcess.status, 'initiated')))
      .returning({ id: paymentProcess.id });
    if (!updated) throw new Error(`There is no payment ${reference} to succeed.`);
    return payment.completed.emitReliable(tx, { paymentProcessId: updated.id });
  });
  console.log(`deliveries stored: ${deliveries}`);
} finally {
  await box.close();
  await client.end(); // or the idle connection keeps the process alive
}
