// A table of effects that receivers write and tests read, and readers of emissions and errors.
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import './register.ts';

export const effects = pgTable('effect', { receiver: text('receiver').notNull(), value: integer('value').notNull() });

export async function createEffects(sql: postgres.Sql): Promise<void> {
  await sql`create table effect (receiver text not null, value int not null)`;
}

/** The effects in the order of their writes, as `receiver:value`. */
export async function readEffects(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ effect: string }[]>`select receiver || ':' || value as effect from effect order by ctid`;
  return rows.map(({ effect }) => effect);
}

export async function countEmissions(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from signalbox.emission`;
  return row!.count;
}

/** Errors kept with deliveries, oldest first. */
export async function readErrors(sql: postgres.Sql): Promise<{ name: string; message: string; attempt: number }[]> {
  const rows = await sql<{ name: string; message: string; attempt: number }[]>`
    select error ->> 'name' as name, error ->> 'message' as message, attempt from signalbox.delivery_error order by id`;
  return [...rows];
}
