// The user's own tables, beside those of Signalbox.
import { integer, pgTable, text } from 'drizzle-orm/pg-core';

export * from 'signalbox/schema';

export const payments = pgTable('payments', { id: integer('id').primaryKey(), status: text('status').notNull() });
export const orders = pgTable('orders', { paymentId: integer('payment_id').primaryKey(), status: text('status').notNull() });
