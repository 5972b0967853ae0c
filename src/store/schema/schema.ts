// The tables of Signalbox, in a PostgreSQL schema of any name. Users get them from `signalbox/schema` (src/schema.ts).
//
// Live deliveries and settled ones are apart: the claim walks only what is live, so retained rows cost it nothing, and
// nine updates of ten stay within their page (HOT). docs/design/two-tables.md has the measurements.
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, pgSchema, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { checkValue } from '../../core/options.ts';
import { DEFAULT_SCHEMA, schemaName } from '../../core/rules.ts';
import { instant } from './columns.ts';
import { operatingTables } from './operating-tables.ts';
import { tallyTables } from './tally-tables.ts';

/**
 * The tables in a PostgreSQL schema of this name, and that schema. Export each of them from your Drizzle schema: drizzle-kit sees
 * what is exported, not what is inside of it.
 * @throws SignalboxError `InvalidOption` for a name that is no plain lower-case identifier
 * @example
 * export const { signalboxSchema, emission, receiver, delivery, settled, deliveryError, worker, errand, pausedQueue, auditEntry, maintenanceTask, dedupe, signalboxMeta, tally, emissionTally, gauge } =
 *   signalboxTables('billing_signals');
 */
export function signalboxTables<const Schema extends string>(schema: Schema) {
  checkValue(schema, schemaName, 'signalboxTables', 'the schema');
  const signalboxSchema = pgSchema(schema);

  /** One row for each emit: the payload, once, however many receivers it has. Never changed. */
  const emission = signalboxSchema.table(
    'emission',
    {
      /** UUID version 7: rows of one time lie together. */
      id: uuid('id').primaryKey(),
      signal: text('signal').notNull(),
      /** Version of the payload's shape. */
      version: integer('version').notNull(),
      payload: jsonb('payload').notNull(),
      headers: jsonb('headers'),
      emittedAt: instant('emitted_at').notNull().defaultNow(),
      /** The emission whose receiver emitted this one; null of all that no receiver emitted. */
      causedBy: uuid('caused_by'),
      /** That receiver, as its deliveries carry it. With the emission it names the delivery that was running. */
      causedByReceiver: integer('caused_by_receiver'),
    },
    (table) => [
      // Serves the reading of causes. A plain emit leaves the column null and pays nothing for it.
      index('emission_caused_by')
        .on(table.causedBy)
        .where(sql`${table.causedBy} is not null`),
      check('emission_signal_size', sql`length(${table.signal}) between 1 and 200`),
      // Loose: the bound of a signal counts JSON text, this counts jsonb, which needs more room for many small values.
      check('emission_payload_size', sql`pg_column_size(${table.payload}) <= 16777216`),
      check('emission_headers_size', sql`pg_column_size(${table.headers}) <= 262144`),
    ],
  );

  /** The catalogue: a row for each name of each receiver that some process has announced. Appending reads it, so it reaches modules that the emitter never imported. */
  const receiver = signalboxSchema.table(
    'receiver',
    {
      id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
      /** The stored name, `Order.onPaymentCompleted`. */
      name: text('name').notNull(),
      signal: text('signal').notNull(),
      /** The row whose id the deliveries of this receiver carry, where that is another of its names. */
      rootId: integer('root_id'),
      queue: text('queue').notNull(),
      priority: integer('priority').notNull(),
      /** Set when it gets no new deliveries any more. */
      retiredAt: instant('retired_at'),
      /** When a process last announced it under this name; null if only as a former one. */
      lastSeenAt: instant('last_seen_at'),
      /** Set while an operator has paused it: its deliveries are stored, and wait. Of the rows of a receiver, one that is paused pauses it. */
      pausedAt: instant('paused_at'),
    },
    (table) => [
      unique('receiver_signal_name').on(table.signal, table.name),
      // All but empty: that nothing is paused costs a claim one look.
      index('receiver_paused')
        .on(table.id)
        .where(sql`${table.pausedAt} is not null`),
      // 200 of a name, and the id of the row where it was buried.
      check('receiver_name_size', sql`length(${table.name}) between 1 and 211`),
      check('receiver_queue_size', sql`length(${table.queue}) between 1 and 200`),
    ],
  );

  /** Live deliveries: those that wait or run. No foreign keys: they cost 30 to 58 % of the emits. */
  const delivery = signalboxSchema.table(
    'delivery',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      emissionId: uuid('emission_id').notNull(),
      receiverId: integer('receiver_id').notNull(),
      /** Version of the payload: a worker takes only those that it can read. */
      version: integer('version').notNull(),
      /** Raised by each replay. */
      generation: integer('generation').notNull().default(0),
      state: text('state').notNull().default('ready'),
      /** Not before this time; also the order within a receiver. */
      runAt: instant('run_at').notNull(),
      /** The fence: raised by every act that takes the delivery from the run that has it. Never reset. */
      epoch: integer('epoch').notNull().default(0),
      /** Runs that count against the retry budget. */
      attempt: integer('attempt').notNull().default(0),
      /** How often it was rescued from a dead worker that was not stopping. */
      crashes: integer('crashes').notNull().default(0),
      /** The worker that claimed it, part of the fence. */
      workerId: integer('worker_id'),
    },
    (table) => [
      unique('delivery_emission_receiver').on(table.emissionId, table.receiverId),
      // Without predicate, state or worker: a state in an index forbids HOT updates.
      index('delivery_claim').on(table.receiverId, table.runAt),
      // What must run alone, found without a walk through the backlog. Only a crash changes its column, so HOT is kept.
      index('delivery_suspect')
        .on(table.receiverId, table.runAt)
        .where(sql`${table.crashes} > 0`),
      // How many replayed ones are live: an errand adds no more than so many. No update changes its column.
      index('delivery_replayed')
        .on(table.receiverId)
        .where(sql`${table.generation} > 0`),
      check('delivery_state', sql`${table.state} in ('ready', 'running')`),
      check('delivery_counts', sql`${table.epoch} >= 0 and ${table.attempt} >= 0 and ${table.crashes} >= 0 and ${table.generation} >= 0`),
    ],
  );

  /** Finished deliveries, kept for a while. Retry and replay move a row back, with its id and epoch. */
  const settled = signalboxSchema.table(
    'settled',
    {
      id: bigint('id', { mode: 'bigint' }).notNull(),
      emissionId: uuid('emission_id').notNull(),
      receiverId: integer('receiver_id').notNull(),
      version: integer('version').notNull(),
      generation: integer('generation').notNull(),
      state: text('state').notNull(),
      epoch: integer('epoch').notNull(),
      /** The worker whose run ended it; null if something else did. */
      workerId: integer('worker_id'),
      attempt: integer('attempt').notNull(),
      crashes: integer('crashes').notNull(),
      finishedAt: instant('finished_at').notNull(),
    },
    (table) => [
      primaryKey({ name: 'settled_emission_receiver', columns: [table.emissionId, table.receiverId] }),
      // Serves operators' queries; completed rows, which are nearly all, pay nothing for it.
      index('settled_unfinished')
        .on(table.finishedAt)
        .where(sql`${table.state} <> 'completed'`),
      check('settled_state', sql`${table.state} in ('completed', 'dead', 'cancelled')`),
    ],
  );

  /** The errors of deliveries, one row for each failed run; for a cancelled delivery, the reason. */
  const deliveryError = signalboxSchema.table(
    'delivery_error',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      deliveryId: bigint('delivery_id', { mode: 'bigint' }).notNull(),
      /** With the receiver, the delivery's other key: the one that rows of settled are found by. Null in rows of workers from before these columns. */
      emissionId: uuid('emission_id'),
      receiverId: integer('receiver_id'),
      epoch: integer('epoch').notNull(),
      attempt: integer('attempt').notNull(),
      /** `{ name, message, stack }`, each bounded. */
      error: jsonb('error')
        .$type<{ name: string; message: string; stack?: string; code?: string; constraint?: string; table?: string }>()
        .notNull(),
      at: instant('at').notNull(),
    },
    (table) => [
      index('delivery_error_delivery').on(table.deliveryId),
      index('delivery_error_emission').on(table.emissionId, table.receiverId),
      check('delivery_error_size', sql`pg_column_size(${table.error}) <= 262144`),
    ],
  );

  /** Running workers. A worker whose lease is over is dead: others take its deliveries back. */
  const worker = signalboxSchema.table('worker', {
    /** Random: a failover may make a sequence give a number again. */
    id: integer('id').primaryKey(),
    /** `host:pid`, for people. */
    label: text('label').notNull(),
    /** Of the package that it runs; null of a worker from before this column. */
    version: text('version'),
    /** The same for all workers of a process, which die together. */
    processId: uuid('process_id').notNull().defaultRandom(),
    startedAt: instant('started_at').notNull(),
    leaseUntil: instant('lease_until').notNull(),
    /** The backend of the worker's last renewal. */
    backendPid: integer('backend_pid').notNull(),
    /** Its session holds its advisory lock: when that is free, the worker is dead, whatever its lease says. */
    locked: boolean('locked').notNull().default(false),
    /** Since when the server of its last renewal has kept locks. */
    incarnation: text('incarnation'),
    /** Set when others found its lease over: from then on it can neither renew nor claim. */
    lostAt: instant('lost_at'),
    /** Since when it has been stopping: its end is not charged to what it still holds. */
    stoppingAt: instant('stopping_at'),
    /** Its process ran more than one delivery when others took something of it back: none of these is to blame by itself. */
    hadCompany: boolean('had_company').notNull().default(false),
  });

  return {
    signalboxSchema,
    emission,
    receiver,
    delivery,
    settled,
    deliveryError,
    worker,
    ...operatingTables(signalboxSchema),
    ...tallyTables(signalboxSchema),
  };
}

/** The default schema and its tables. */
export const { signalboxSchema, ...tables } = signalboxTables(DEFAULT_SCHEMA);
