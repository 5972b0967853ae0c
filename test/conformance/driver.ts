// The suite's demands on a driver under test: databases with Signalbox' and the suite's tables, and Drizzle handles on
// them. A case names the further abilities that it needs, and is skipped, with the reason, if the driver lacks one.
import * as drizzleOrm from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { createSignalbox, type Signalbox, type SignalboxOptions } from '../../src/index.ts';
import { type DeliveryRow, readDeliveries } from '../support/deliveries.ts';
import '../support/register.ts';

export const effects = pgTable('effect', { receiver: text('receiver').notNull(), value: integer('value').notNull() });
export const schema = { effects };

/** The version under test; the types are those of its predecessor. */
export const isDrizzle1 = 'defineRelations' in drizzleOrm;

/** The options of `drizzle()` for `db.query`: Drizzle 1 wants relations, its predecessor the tables. */
export const queryOptions: { schema: typeof schema } = isDrizzle1 ? relationsOf(drizzleOrm) : { schema };

function relationsOf(orm: object): { schema: typeof schema } {
  const { defineRelations } = orm as { defineRelations(tables: typeof schema): object };
  return { relations: defineRelations(schema) } as object as { schema: typeof schema };
}

/** The database of any driver, typed as one of them: the members that the suite uses are the same for all. */
export type Database = PostgresJsDatabase<typeof schema>;
export type Row = Record<string, unknown>;

/** Abilities that not every driver has, and the reason for which a case without one is skipped. */
export const NEEDS = {
  outside: 'there is only the session under test, so no other session can observe it',
  background: 'PostgreSQL runs in this process, and a long query blocks the process',
  pool: 'there is one session: other statements wait for it, and a loss of that session is final',
};
export type Need = keyof typeof NEEDS;

export interface OpenDatabase extends AsyncDisposable {
  readonly db: Database;
  /** Runs a statement outside of the transactions of `db`: on another session if possible, else after them. */
  sql(text: string): Promise<Row[]>;
}

export interface DriverUnderTest {
  readonly name: string;
  readonly has: readonly Need[];
  /** @param max connections of the pool, for drivers with one */
  open(options: { max: number }): Promise<OpenDatabase>;
}

export interface Conformance extends OpenDatabase {
  readonly box: Signalbox<Database>;
  /** The effects in the order of their writes, as `receiver:value`. */
  effects(): Promise<string[]>;
  /** A number from a query with one row and column. */
  count(query: string): Promise<unknown>;
  /** Every delivery, live or settled, by receiver and id. */
  deliveries(): Promise<DeliveryRow[]>;
}

export interface Case {
  readonly name: string;
  readonly needs?: Need;
  run(driver: DriverUnderTest): Promise<void>;
}

export interface ConformanceOptions extends Partial<SignalboxOptions<Database>> {
  readonly max?: number;
}

/** A database of the driver and a box on it, for one case. */
export async function openConformance(driver: DriverUnderTest, { max = 6, ...options }: ConformanceOptions = {}): Promise<Conformance> {
  const database = await driver.open({ max });
  const box = createSignalbox({ log: false, ...options, db: database.db });
  const { db, sql } = database;
  return {
    db,
    box,
    sql,
    effects: async () =>
      (await sql(`select receiver || ':' || value as effect from effect order by ctid`)).map(({ effect }) => String(effect)),
    count: async (query) => Object.values((await sql(query))[0]!)[0],
    deliveries: () => readDeliveries({ unsafe: sql }),
    [Symbol.asyncDispose]: async () => {
      await box.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The rows of a result of `execute`, which differ from driver to driver. */
export function rowsOf(result: unknown): Row[] {
  return Array.isArray(result) ? (result as Row[]) : (result as { rows: Row[] }).rows;
}

/** The error that a promise was rejected with. */
export async function errorOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('It was not rejected.');
}

export const CREATE_EFFECTS = 'create table effect (receiver text not null, value int not null)';
