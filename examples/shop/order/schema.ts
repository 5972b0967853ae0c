// The table of the order module. It references payments; payments do not reference it.
import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { paymentProcess } from '../payment/schema.ts';

export const orders = pgTable(
  'orders',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    item: text('item').notNull(),
    paymentProcessId: integer('payment_process_id')
      .notNull()
      .unique()
      .references(() => paymentProcess.id),
    status: text('status', { enum: ['pending', 'completed', 'cancelled'] })
      .notNull()
      .default('pending'),
  },
  (table) => [check('orders_status', sql`${table.status} in ('pending', 'completed', 'cancelled')`)],
);

export type OrderRow = typeof orders.$inferSelect;
