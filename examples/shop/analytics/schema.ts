// The table of the analytics module: how many payments ended how.
import { integer, pgTable, text } from 'drizzle-orm/pg-core';

export const paymentCount = pgTable('payment_count', {
  status: text('status').primaryKey(),
  count: integer('count').notNull(),
});
