// Defaults of a database or a role, which hold for every session of the box: what they change must not change a delivery.
import { sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type DeliveryContext, OnSignal, type SignalboxOptions } from '../../src/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createEffects, effects, readDeliveries, readEffects } from '../support/effects.ts';

const happened = defineSignal('defaults.happened', z.object({ value: z.number() }));

type Db = ReturnType<typeof drizzlePostgresJs>;

interface Opened extends AsyncDisposable {
  readonly db: Db;
}

const drivers: Readonly<Record<string, (database: TestDatabase) => Opened>> = {
  'postgres.js': (database) => ({
    db: drizzlePostgresJs({ client: database.connect({ max: 8 }) }),
    [Symbol.asyncDispose]: async () => {},
  }),
  'node-postgres': ({ url }) => {
    const client = new Pool({ connectionString: url, max: 8 });
    client.on('error', () => {});
    return { db: drizzleNodePostgres({ client }) as unknown as Db, [Symbol.asyncDispose]: () => client.end() };
  },
};

const COUNT = 60;

/** Writes what it is given, though it fails the first time. */
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

/** Sets a default of the database, or of the role in it, for the sessions that come. */
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
  'with default_transaction_deferrable on, of the %s, what a receiver wrote is there when its delivery is completed',
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
    // No delivery was given back: each was claimed for its failure, and for its success.
    expect(released).toBe(0);
    expect(await readDeliveries(observer)).toEqual(
      Array.from({ length: COUNT }, () => expect.objectContaining({ state: 'completed', epoch: 2 })),
    );
  },
);
