// The tables of what is operated beside deliveries: long acts, their record, maintenance, and what a database is.
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, type PgSchema, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Raised with each change of the tables that older code, or newer code, must know of. */
export const SCHEMA_VERSION = 1;

export function operatingTables<Name extends string>(signalboxSchema: PgSchema<Name>) {
  /** Long acts of operators. Each has a cursor, which moves in the transaction of the rows that it passes: killed and begun again, it doubles and omits nothing. */
  const errand = signalboxSchema.table(
    'errand',
    {
      /** UUID version 7. */
      id: uuid('id').primaryKey(),
      act: text('act').notNull(),
      /** Which deliveries, as the operator gave it. A payload's value is removed when it ends. */
      filter: jsonb('filter').notNull(),
      options: jsonb('options').notNull(),
      /** What finished later than this is not touched: a delivery that dies again is not retried in a circle. */
      finishedBefore: instant('finished_before').notNull(),
      /** The last row that it has passed; null before the first batch. */
      cursor: jsonb('cursor'),
      state: text('state').notNull().default('running'),
      /** A hash of what it does to which deliveries: no two unfinished ones have the same. Null once it has ended. */
      fingerprint: text('fingerprint'),
      /** How many deliveries matched when it was begun, if that was counted. */
      total: bigint('total', { mode: 'number' }),
      done: bigint('done', { mode: 'number' }).notNull().default(0),
      skipped: bigint('skipped', { mode: 'number' }).notNull().default(0),
      /** Who began it. */
      actor: text('actor').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      finishedAt: instant('finished_at'),
    },
    (table) => [
      // The unfinished ones, which are few, are found without the finished ones.
      index('errand_unfinished')
        .on(table.createdAt)
        .where(sql`${table.finishedAt} is null`),
      uniqueIndex('errand_fingerprint').on(table.fingerprint),
      check('errand_state', sql`${table.state} in ('running', 'paused', 'stopped', 'done')`),
      check('errand_actor_size', sql`length(${table.actor}) between 1 and 200`),
    ],
  );

  /** The queues that operators have paused: of no other is there a row. */
  const pausedQueue = signalboxSchema.table('paused_queue', {
    /** The queue, as receivers name it. */
    name: text('name').primaryKey(),
    pausedAt: instant('paused_at').notNull(),
  });

  /** What operators did. Written before the act begins. Never holds a value of a payload. */
  const auditEntry = signalboxSchema.table(
    'audit_entry',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      at: instant('at').notNull(),
      actor: text('actor').notNull(),
      act: text('act').notNull(),
      /** What it was about: the filter, the address, the receiver. */
      about: jsonb('about').notNull(),
      /** What came of it; null until it has ended. */
      result: jsonb('result'),
      errandId: uuid('errand_id'),
      finishedAt: instant('finished_at'),
    },
    (table) => [index('audit_entry_at').on(table.at), check('audit_entry_actor_size', sql`length(${table.actor}) between 1 and 200`)],
  );

  /** What maintenance tasks remember, one row for each task of the cluster that remembers something. */
  const maintenanceTask = signalboxSchema.table('maintenance_task', {
    name: text('name').primaryKey(),
    cursor: jsonb('cursor'),
    ranAt: instant('ran_at').notNull(),
  });

  /** The dedupe keys of emits: the emission that each one led to, until its window ends. Emits without a key write nothing here. */
  const dedupe = signalboxSchema.table(
    'dedupe',
    {
      signal: text('signal').notNull(),
      key: text('key').notNull(),
      emissionId: uuid('emission_id').notNull(),
      /** How many deliveries that emission got: a part of its receipt. */
      deliveries: integer('deliveries').notNull(),
      /** The end of the window: an emit that begins later stores again, and takes the row. */
      until: instant('until').notNull(),
    },
    (table) => [
      primaryKey({ name: 'dedupe_signal_key', columns: [table.signal, table.key] }),
      // Finds the rows whose windows are over.
      index('dedupe_until').on(table.until),
      check('dedupe_key_size', sql`length(${table.key}) between 1 and 500`),
    ],
  );

  /** One row. */
  const signalboxMeta = signalboxSchema.table(
    'meta',
    {
      id: boolean('id').primaryKey().default(true),
      /** The version of these tables is the default of this column, not its value: a migration brings it, whatever tool applies it. */
      schemaVersion: integer('schema_version').notNull().default(SCHEMA_VERSION),
      /** Tells a database from its copies and its neighbours. */
      databaseId: uuid('database_id').notNull().defaultRandom(),
    },
    (table) => [check('meta_one_row', sql`${table.id}`)],
  );

  return { errand, pausedQueue, auditEntry, maintenanceTask, dedupe, signalboxMeta };
}
