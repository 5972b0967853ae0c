// A receiver that the demo can stop in the middle. While the demo holds the gate, an advisory lock of the database, the
// receiver has written its effect and not yet returned. While the gate is free, the receiver passes at once.
// Each call draws from a sequence, which no rollback undoes: so the demo can count calls as well as effects.
import { sql } from 'drizzle-orm';
import { integer, pgSchema } from 'drizzle-orm/pg-core';
import { type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { payment } from '../shop/payment/signals.ts';

export const demo = pgSchema('demo');
export const parcel = demo.table('parcel', { paymentProcessId: integer('payment_process_id').notNull() });

/** The key of the advisory lock. */
export const GATE = 1868;

@Service()
export class Shipping {
  @OnSignal(payment.completed)
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    await tx.execute(sql`select nextval('demo.shipping_calls')`);
    await tx.insert(parcel).values({ paymentProcessId });
    await tx.execute(sql`select pg_advisory_xact_lock_shared(${GATE})`);
  }
}
