// The table of the analytics module: the number of payments by status.
import { integer, pgTable, text } from 'drizzle-orm/pg-core';

export const paymentCount = pgTable('payment_count', {
  status: text('status').primaryKey(),
  count: integer('count').notNull(),
});
