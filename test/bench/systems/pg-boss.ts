// pg-boss with the settings that its documentation recommends for throughput: batches, several workers, fetching again
// at once while batches are full, LISTEN/NOTIFY beside the shortest polling. `send` runs in the sender's transaction
// through its `db` option, once for each receiver's queue; `insert` for many.
import type pg from 'pg';
import { type Db, PgBoss } from 'pg-boss';
import { openPool, purchase, runScript, writeEffect } from './pg.ts';
import {
  BATCH,
  DOMAIN,
  type Payload,
  type RunningWorker,
  type Sender,
  type System,
  type Topic,
  TOPIC_NAMES,
  TOPICS,
  type WorkerSetup,
} from './system.ts';

const NOOP = { batchSize: 1_000, localConcurrency: 4 };
const ONCE = { batchSize: BATCH, localConcurrency: 8 };
const BATCHES = { transactional: true } as const;
/** The shortest that it takes. */
const POLL_SECONDS = 0.5;

const queuesOf = (topic: Topic): string[] => Array.from({ length: TOPICS[topic] }, (_, index) => `${topic}_${index}`);
const within = (client: pg.PoolClient): { db: Db } => ({
  db: { executeSql: (text, values) => client.query(text, values) },
});

async function start(url: string, options: { max?: number; supervise?: boolean; useListenNotify?: boolean } = {}): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, schedule: false, ...options });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error}\n`));
  return boss.start();
}

export const system: System = {
  setUp: async (url) => {
    const boss = await start(url, { supervise: false });
    for (const topic of TOPIC_NAMES) for (const queue of queuesOf(topic)) await boss.createQueue(queue, { notify: true });
    await boss.stop({ graceful: false });
    await runScript(url, DOMAIN);
  },

  sender: async (url, connections): Promise<Sender> => {
    const boss = await start(url, { max: 2, supervise: false });
    const pool = openPool(url, connections);
    return {
      emit: (topic, payload) =>
        purchase(pool, payload.value, async (client) => {
          for (const queue of queuesOf(topic)) await boss.send(queue, payload, within(client));
        }),
      emitMany: (topic, payloads) =>
        purchase(pool, payloads.length, async (client) => {
          for (const queue of queuesOf(topic))
            await boss.insert(
              queue,
              payloads.map((data) => ({ data })),
              within(client),
            );
        }),
      close: async () => {
        await boss.stop({ graceful: false });
        await pool.end();
      },
    };
  },

  worker: async (url, setup): Promise<RunningWorker> => {
    const boss = await start(url, setup.settings?.installed ? {} : { max: 12, useListenNotify: true });
    const effects = openPool(url, setup.settings?.concurrency ?? ONCE.localConcurrency);
    await work(boss, effects, setup);
    return {
      stop: async () => {
        await boss.stop({ graceful: true, timeout: 5_000 });
        await effects.end();
      },
    };
  },
};

async function work(boss: PgBoss, effects: pg.Pool, setup: WorkerSetup): Promise<void> {
  const { onRun, settings = {} } = setup;
  const tuned = { pollingIntervalSeconds: POLL_SECONDS, burstWhenBatchFull: settings.burst ?? true };
  const sizes = {
    ...(settings.ahead !== undefined && { batchSize: settings.ahead }),
    ...(settings.concurrency !== undefined && { localConcurrency: settings.concurrency }),
  };
  const options = <Of extends object>(best: Of): Of => (settings.installed ? ({} as Of) : { ...best, ...tuned, ...sizes });
  const [queue] = queuesOf(setup.work) as [string];
  switch (setup.work) {
    case 'noop':
      await boss.work<Payload>(
        queue,
        { ...options(NOOP), ...(setup.hold === undefined ? {} : { batchSize: setup.hold, localConcurrency: 1 }) },
        async (jobs) => {
          for (const { data } of jobs) await onRun(data);
        },
      );
      break;
    case 'write':
    case 'once':
      await boss.work<Payload>(queue, options(ONCE), async (jobs) => {
        for (const { data } of jobs) {
          await onRun(data);
          await writeEffect(effects, data.value);
        }
      });
      break;
    case 'batch':
      await boss.work<Payload, void, typeof BATCHES>(queue, { ...options(ONCE), ...BATCHES }, async (jobs, db) => {
        for (const { data } of jobs) await onRun(data);
        const values = jobs.map(({ data }) => data.value);
        await db.executeSql(`insert into effect (value, note) select value, 'done' from unnest($1::int[]) value`, [values]);
      });
      break;
    case 'shared':
    case 'drizzle':
      throw new Error('pg-boss has no row with Drizzle, nor one that shares.');
    default:
      setup.work satisfies never;
  }
}
