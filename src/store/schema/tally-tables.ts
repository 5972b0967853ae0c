// The tables of what is counted beside deliveries: nothing depends on them, and no delivery waits for them. docs/design/tallies.md says
// why they are as they are.
import { bigint, integer, type PgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export function tallyTables<Name extends string>(signalboxSchema: PgSchema<Name>) {
  /** Runs of receivers, added up by each worker in its memory: a row for each minute, receiver, worker and outcome. */
  const tally = signalboxSchema.table(
    'tally',
    {
      /** How long a time the row counts: 60, or 3600 once it is folded. */
      seconds: integer('seconds').notNull(),
      /** The beginning of that time. */
      minute: instant('minute').notNull(),
      receiverId: integer('receiver_id').notNull(),
      /** 0 once the rows of all workers are folded into one. */
      workerId: integer('worker_id').notNull(),
      /** `completed`, `retrying`, `dead`, `cancelled`, `released` or `stale`. */
      outcome: text('outcome').notNull(),
      n: bigint('n', { mode: 'number' }).notNull(),
      /** The time that the runs took, added up. */
      totalMs: bigint('total_ms', { mode: 'number' }).notNull(),
      /** The time from when the deliveries were due to when their runs began, added up. */
      lagMs: bigint('lag_ms', { mode: 'number' }).notNull(),
      /** How many runs took how long, by the bounds of core/tally.ts. */
      buckets: integer('buckets').array().notNull(),
      /** How many waited how long, by the same bounds. */
      lagBuckets: integer('lag_buckets').array().notNull(),
    },
    (table) => [
      primaryKey({ name: 'tally_pkey', columns: [table.seconds, table.minute, table.receiverId, table.workerId, table.outcome] }),
    ],
  );

  /** Emissions whose transactions have committed, added up by each process: a row for each minute, signal, cause and process. */
  const emissionTally = signalboxSchema.table(
    'emission_tally',
    {
      seconds: integer('seconds').notNull(),
      minute: instant('minute').notNull(),
      signal: text('signal').notNull(),
      /** The receiver that emitted them, as its deliveries carry it; 0: none. */
      causedByReceiver: integer('caused_by_receiver').notNull(),
      /** Random, of the box that counted them; all zeros once the rows of all boxes are folded into one. */
      processId: uuid('process_id').notNull(),
      n: bigint('n', { mode: 'number' }).notNull(),
    },
    (table) => [
      primaryKey({
        name: 'emission_tally_pkey',
        columns: [table.seconds, table.minute, table.signal, table.causedByReceiver, table.processId],
      }),
    ],
  );

  /** What waits, as one worker of the cluster counted it last. */
  const gauge = signalboxSchema.table('gauge', {
    /** As deliveries carry it. */
    receiverId: integer('receiver_id').primaryKey(),
    /** Each is counted to a bound: `box.tallies.gauges` tells which. */
    due: integer('due').notNull(),
    running: integer('running').notNull(),
    later: integer('later').notNull(),
    dead: integer('dead').notNull(),
    oldestDueAt: instant('oldest_due_at'),
    sampledAt: instant('sampled_at').notNull(),
  });

  return { tally, emissionTally, gauge };
}
