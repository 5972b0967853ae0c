// Defaults of a database or a role, which hold for every session of the box, must not change a delivery.
import { sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type DeliveryContext, OnSignal, type SignalboxOptions } from '../../../src/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { findAll, readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../../support/effects.ts';

const happened = defineSignal('defaults.happened', z.object({ value: z.number() }));

type Db = ReturnType<typeof drizzlePostgresJs>;

interface Opened extends AsyncDisposable {
  readonly db: Db;
}

const drivers: Readonly<Record<string, (database: TestDatabase, max?: number) => Opened>> = {
  'postgres.js': (database, max = 8) => ({
    db: drizzlePostgresJs({ client: database.connect({ max }) }),
    [Symbol.asyncDispose]: async () => {},
  }),
  'node-postgres': ({ url }, max = 8) => {
    const client = new Pool({ connectionString: url, max });
    client.on('error', () => {});
    return { db: drizzleNodePostgres({ client }) as unknown as Db, [Symbol.asyncDispose]: () => client.end() };
  },
};

const COUNT = 60;

/** Writes the given value, and fails the first time. */
class Recorder {
  static readonly seen = new Set<number>();

  @OnSignal(happened, { retry: { attempts: 2, delay: 0 } })
  static async record({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'recorder', value });
    if (Recorder.seen.has(value)) return;
    Recorder.seen.add(value);
    throw new Error('the first time');
  }
}

const openBox = (db: Db, options: Partial<SignalboxOptions<Db>> = {}) =>
  createSignalbox({ db, services: [Recorder], log: false, ...options });

/** Sets a default of the database, or of the role in it, for later sessions. */
async function setDefault(database: TestDatabase, level: 'database' | 'role', setting: string): Promise<void> {
  const whose = level === 'role' ? `role current_user in database "${database.name}"` : `database "${database.name}"`;
  await database.connect({ max: 1 }).unsafe(`alter ${whose} set ${setting}`);
}

const emitAll = async (db: Db): Promise<unknown> =>
  db.transaction(
    async (tx) =>
      happened.emitMany(
        tx,
        Array.from({ length: COUNT }, (_, value) => ({ value })),
      ),
    { isolationLevel: 'read committed' },
  );

test.each(['database', 'role'] as const)(
  'with default_transaction_deferrable on for the %s, the writes of a receiver are there when its delivery is completed',
  async (level) => {
    Recorder.seen.clear();
    await using database = await createDatabase();
    const observer = database.connect({ max: 1 });
    await createEffects(observer);
    await setDefault(database, level, 'default_transaction_deferrable = on');
    await using opened = drivers['postgres.js']!(database);
    await using box = openBox(opened.db);
    let released = 0;
    box.on('delivery.released', () => void released++);
    await emitAll(opened.db);
    expect(await opened.db.execute(sql`show transaction_deferrable`)).toMatchObject([{ transaction_deferrable: 'on' }]);
    await using worker = box.worker({ concurrency: 4 });
    let done = 0;
    const all = new Promise<void>((resolve) => box.on('delivery.completed', () => void (++done === COUNT && resolve())));
    await worker.start();
    await all;
    await worker.stop();
    expect(await readEffects(observer)).toHaveLength(COUNT);
    // No delivery was released: each was claimed once for its failure, and once for its success.
    expect(released).toBe(0);
    expect(await readDeliveries(observer)).toEqual(
      Array.from({ length: COUNT }, () => expect.objectContaining({ state: 'completed', epoch: 2 })),
    );
  },
);

const levels = ['repeatable read', 'serializable'].flatMap((isolation) =>
  Object.keys(drivers).map((driver) => [isolation, driver] as const),
);

test.each(levels)(
  'where %s is the default, workers on %s start together, work side by side, and report no problem of the database',
  { timeout: 60_000 },
  async (isolation, driver) => {
    Recorder.seen.clear();
    await using database = await createDatabase();
    const observer = database.connect({ max: 1 });
    await createEffects(observer);
    await setDefault(database, 'database', `default_transaction_isolation = '${isolation}'`);
    const pools = Array.from({ length: 4 }, () => drivers[driver]!(database));
    const boxes = pools.map(({ db }) => ({ db, box: openBox(db) }));
    const failing: unknown[] = [];
    let done = 0;
    const all = new Promise<void>((resolve) => {
      for (const { box } of boxes) {
        box.on('worker.failing', ({ error }) => void failing.push(error));
        box.on('delivery.completed', () => void (++done === COUNT && resolve()));
      }
    });
    // They start at once, and each announces the same receivers.
    const announced = await Promise.all(boxes.map(({ box }) => box.receivers.announce()));
    expect(announced.map(({ elsewhere }) => elsewhere)).toEqual([[], [], [], []]);
    await emitAll(boxes[0]!.db);
    const workers = boxes.map(({ box }) => box.worker({ concurrency: 3, pollInterval: 50 }));
    await Promise.all(workers.map((worker) => worker.start()));
    await all;
    for (const { box } of boxes) await box.close();
    for (const pool of pools) await pool[Symbol.asyncDispose]();
    expect(failing).toEqual([]);
    expect(await readEffects(observer)).toHaveLength(COUNT);
  },
);

test.each(Object.keys(drivers))('where transactions are read-only by default, the error of a box on %s says so', async (driver) => {
  await using database = await createDatabase();
  await setDefault(database, 'role', 'default_transaction_read_only = on');
  await using opened = drivers[driver]!(database);
  await using box = openBox(opened.db);
  const refusal = expect.objectContaining({
    code: 'DatabaseUnreachable',
    message: expect.stringMatching(/takes no writes: cannot execute .* default_transaction_read_only/) as string,
  }) as Error;
  await expect(box.receivers.announce()).rejects.toEqual(refusal);
  await expect(box.worker().start()).rejects.toEqual(refusal);
  await expect(box.worker().tick()).rejects.toEqual(refusal);
  await expect(box.drain()).rejects.toEqual(refusal);
});

/** Simulates a demoted server: the one session of the pool accepts no writes, and a new one would. */
const demote = async (db: Db): Promise<unknown> => db.execute(sql`select set_config('default_transaction_read_only', 'on', false)`);

test.each(Object.keys(drivers))('the pool of %s drops a session that accepts no writes, as soon as it has refused one', async (driver) => {
  await using database = await createDatabase();
  await using opened = drivers[driver]!(database, 1);
  await using box = openBox(opened.db);
  await box.receivers.announce();
  await demote(opened.db);
  await expect(box.drain()).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  expect(await box.drain()).toMatchObject({ completed: 0 });
  // The same holds in a transaction.
  await demote(opened.db);
  await expect(emitAll(opened.db)).rejects.toThrow();
  expect(await emitAll(opened.db)).toHaveLength(COUNT);
});

/** Settings for the text form of numbers, times and bytes, and for the language of messages. */
const WRITING = [
  'extra_float_digits = -15',
  "datestyle = 'SQL, DMY'",
  "intervalstyle = 'sql_standard'",
  "timezone = 'Asia/Kolkata'",
  "bytea_output = 'escape'",
  "quote_all_identifiers = 'on'",
];

test.each(Object.keys(drivers))('whatever the text form of numbers and times, those of a delivery are correct on %s', async (driver) => {
  await using database = await createDatabase();
  await createEffects(database.connect({ max: 1 }));
  for (const setting of WRITING) await setDefault(database, 'database', setting);
  await using opened = drivers[driver]!(database);
  const told: Date[] = [];
  class Late {
    @OnSignal(happened, { retry: { attempts: 2, delay: 0 } })
    static async receive(_payload: object, { emission, attempt }: DeliveryContext): Promise<void> {
      told.push(emission.emittedAt);
      if (attempt === 1) throw new Error('no');
    }
  }
  await using box = createSignalbox({ db: opened.db, services: [Late], log: false });
  const before = Date.now();
  const runAt = new Date(before + 3_600_000);
  const receipts = await opened.db.transaction(async (tx) => [
    await happened.emitReliable(tx, { value: 1 }),
    await happened.emitReliable(tx, { value: 2 }, { runAt }),
  ]);
  await using worker = box.worker({ lease: '3s' });
  const completed = box.next('delivery.completed');
  await worker.start();
  await completed;
  await worker.stop();
  const isNow = (date: Date | undefined): boolean =>
    date !== undefined && date.getTime() > before - 60_000 && date.getTime() < Date.now() + 60_000;
  expect(told.map(isNow)).toEqual([true, true]);
  const [done] = await findAll(box, { emissionId: receipts[0]!.emissionId });
  expect([done!.emittedAt, done!.finishedAt, done!.errors[0]!.at].map(isNow)).toEqual([true, true, true]);
  const [later] = await findAll(box, { emissionId: receipts[1]!.emissionId });
  expect(later).toMatchObject({ state: 'ready', runAt });
});
