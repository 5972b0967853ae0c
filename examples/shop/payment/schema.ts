// The table of the payment module.
import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core';

export const PAYMENT_STATUSES = ['initiated', 'succeeded', 'failed'] as const;

export const paymentProcess = pgTable(
  'payment_process',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    /** The name under which the provider knows the payment. */
    reference: text('reference').notNull().unique(),
    amountCents: integer('amount_cents').notNull(),
    status: text('status', { enum: PAYMENT_STATUSES }).notNull().default('initiated'),
  },
  (table) => [check('payment_process_status', sql`${table.status} in ('initiated', 'succeeded', 'failed')`)],
);

export type PaymentProcess = typeof paymentProcess.$inferSelect;
export type PaymentStatus = PaymentProcess['status'];
