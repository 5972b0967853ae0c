// Signalbox as in its documentation: Drizzle on postgres.js, the tuning migration, receivers connected as functions.
import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import { createSignalbox, defineSignal, type Extension, type Signalbox } from '../../../dist/index.js';
import { tuningMigration } from '../../../dist/store/schema/tuning.js';
import { readMigrations } from '../../support/migrations.ts';
import {
  BATCH,
  DOMAIN,
  effect,
  type Extended,
  type Payload,
  purchase,
  type RunningWorker,
  type Sender,
  type Settings,
  type System,
  TOPIC_NAMES,
  TOPICS,
  type Topic,
  type WorkerSetup,
} from './system.ts';

const schema = z.object({ value: z.number(), filler: z.string().optional() });
const signalOf = (topic: Topic) => defineSignal(`bench.${topic}`, schema);
const signals = Object.fromEntries(TOPIC_NAMES.map((topic) => [topic, signalOf(topic)])) as Record<Topic, ReturnType<typeof signalOf>>;

/** Never emitted. */
const idle = defineSignal('bench.idle', schema);

interface Opened {
  readonly client: postgres.Sql;
  readonly db: PostgresJsDatabase;
  readonly box: Signalbox<PostgresJsDatabase>;
}

const EXTENSIONS: Readonly<Record<Extended, readonly Extension[]>> = {
  none: [],
  empty: [{ name: 'empty' }],
  hooks: [{ name: 'hooks', aroundEmit: (_emission, next) => next(), aroundReceive: (_call, next) => next() }],
};

function open(url: string, connections: number, { installed, tallies }: Settings = {}, extension: Extended = 'none'): Opened {
  const client = postgres(url, { max: connections, onnotice: () => {}, ...(!installed && { fetch_types: false }) });
  const db = drizzle({ client });
  const tuned = { prepare: 'all', extensions: EXTENSIONS[extension], ...(tallies === false && { tallies }) } as const;
  return { client, db, box: createSignalbox({ db, log: false, ...(!installed && tuned) }) };
}

async function shut({ box, client }: Opened): Promise<void> {
  await box.close();
  await client.end();
}

/** Concurrency of receivers that do nothing: it also bounds the number of deliveries that are claimed at once. */
const NOOP_CONCURRENCY = 500;
const ONCE_CONCURRENCY = 8;
/**
 * The claimed deliveries are in this number of calls of a receiver of batches: a worker claims only what it will start
 * soon.
 */
const HOLDING_CALLS = 10;
/** The pool holds these besides the connections of receivers. */
const OWN_CONNECTIONS = 2;

export const system: System = {
  setUp: async (url, { installed = false } = {}) => {
    const opened = open(url, 2);
    await opened.client.unsafe(await readMigrations());
    const tuning = installed ? [] : tuningMigration().split('--> statement-breakpoint');
    for (const statement of tuning) await opened.client.unsafe(statement);
    await opened.client.unsafe(DOMAIN);
    for (const topic of TOPIC_NAMES)
      for (let index = 0; index < TOPICS[topic]; index += 1)
        opened.box.receivers.connect(signals[topic], () => {}, { name: `${topic}.r${index}`, transactional: false });
    await opened.box.receivers.announce();
    await shut(opened);
  },

  sender: async (url, connections, settings): Promise<Sender> => {
    const opened = open(url, connections, settings);
    const { db } = opened;
    return {
      emit: (topic, payload) =>
        db.transaction(async (tx) => {
          await tx.insert(purchase).values({ value: payload.value, note: 'bought' });
          await signals[topic].emitReliable(tx, payload);
        }),
      emitMany: (topic, payloads) =>
        db.transaction(async (tx) => {
          await tx.insert(purchase).values({ value: payloads.length, note: 'bought' });
          await signals[topic].emitMany(tx, payloads);
        }),
      close: () => shut(opened),
    };
  },

  worker: async (url, setup): Promise<RunningWorker> => {
    const { settings = {} } = setup;
    const best = settings.concurrency ?? (setup.work === 'noop' ? NOOP_CONCURRENCY : ONCE_CONCURRENCY);
    const concurrency = setup.hold ? HOLDING_CALLS : best;
    const opened = open(url, setup.work === 'noop' ? 10 : concurrency + OWN_CONNECTIONS, settings, setup.extension);
    connect(opened, setup);
    const worker = opened.box.worker(settings.installed ? {} : { concurrency });
    await worker.start();
    return {
      stop: async () => {
        await worker.stop();
        await shut(opened);
      },
    };
  },
};

function connect({ box, db }: Opened, { work, receivers = 1, hold, onRun }: WorkerSetup): void {
  for (let index = 1; index < receivers; index += 1)
    box.receivers.connect(idle, () => {}, { name: `idle.r${index}`, transactional: false });
  switch (work) {
    case 'noop':
      if (hold === undefined)
        box.receivers.connect(signals.noop, (payload: Payload) => onRun(payload), { name: 'noop.r0', transactional: false });
      else
        box.receivers.connect(signals.noop, async (items) => void (await Promise.all(items.map(async ({ payload }) => onRun(payload)))), {
          name: 'noop.r0',
          transactional: false,
          batch: hold / HOLDING_CALLS,
        });
      break;
    case 'write': {
      const insert = db
        .insert(effect)
        .values({ value: sql.placeholder('value'), note: sql`'done'` })
        .prepare('effect');
      box.receivers.connect(
        signals.write,
        async ({ value }: Payload) => {
          await onRun({ value });
          await insert.execute({ value });
        },
        { name: 'write.r0', transactional: false },
      );
      break;
    }
    case 'once':
    case 'shared':
    case 'drizzle':
      box.receivers.connect(
        signals[work],
        async (payload: Payload, { tx }) => {
          await onRun(payload);
          await (tx as unknown as PostgresJsDatabase).insert(effect).values({ value: payload.value, note: sql`'done'` });
        },
        { name: `${work}.r0`, ...(work === 'shared' ? { share: 25 } : {}) },
      );
      break;
    case 'batch':
      box.receivers.connect(
        signals.batch,
        async (items, { tx }) => {
          for (const { payload } of items) await onRun(payload);
          const rows = items.map(({ payload }) => ({ value: payload.value, note: sql`'done'` }));
          await (tx as unknown as PostgresJsDatabase).insert(effect).values(rows);
        },
        { name: 'batch.r0', batch: BATCH },
      );
      break;
    default:
      work satisfies never;
  }
}
