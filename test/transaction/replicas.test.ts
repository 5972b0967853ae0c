// A database of Drizzle's withReplicas: all statements of a transaction go to the primary, reads too, on both drivers.
import { eq, sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { withReplicas } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePostgresJs, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, Db, defineSignal, type DeliveryContext, OnSignal, Service, Transactional } from '../../src/index.ts';
import { createDatabase } from '../support/database.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';

const happened = defineSignal('replicas.happened', z.object({ value: z.number() }));

type Plain = PostgresJsDatabase;

const drivers: [name: string, connect: (url: string, ends: (() => Promise<unknown>)[]) => Plain][] = [
  [
    'postgres.js',
    (url, ends) => {
      const db = drizzlePostgresJs(url);
      ends.push(() => db.$client.end());
      return db;
    },
  ],
  [
    'node-postgres',
    (url, ends) => {
      const client = new Pool({ connectionString: url });
      ends.push(() => client.end());
      return drizzleNodePostgres({ client }) as unknown as Plain;
    },
  ],
];

const count = async (db: Pick<Plain, 'select'>): Promise<number> =>
  (
    await db
      .select({ count: sql<number>`count(*)::int` })
      .from(effects)
      .where(eq(effects.receiver, 'sender'))
  )[0]!.count;

test.each(drivers)('on %s', async (_name, connect) => {
  await using primaryDatabase = await createDatabase();
  await using replicaDatabase = await createDatabase();
  const [onPrimary, onReplica] = [primaryDatabase.connect({ max: 1 }), replicaDatabase.connect({ max: 1 })];
  await createEffects(onPrimary);
  await createEffects(onReplica);
  const ends: (() => Promise<unknown>)[] = [];
  const [primary, replica] = [connect(primaryDatabase.url, ends), connect(replicaDatabase.url, ends)];
  const db = withReplicas(primary, [replica]);
  const before = [db, primary].map((handle) => Object.getOwnPropertyDescriptor(handle, 'transaction'));

  /** The sender's row as each read finds it; no replica has that row. */
  const found: Record<string, number> = {};
  @Service()
  class Reader {
    readonly db: Db;
    constructor(database: Db) {
      this.db = database;
    }

    @Transactional()
    async ambient(): Promise<void> {
      found['@Transactional'] = await count(this.db);
    }

    @OnSignal(happened)
    async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
      await tx.insert(effects).values({ receiver: 'receiver', value });
      found['tx of a receiver'] = await count(tx);
      found['ambient in a receiver'] = await count(this.db);
    }
  }
  const box = createSignalbox({ db, services: [Reader], log: false });

  await db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await happened.emitReliable(tx, { value: 1 });
    found['tx'] = await count(tx);
    found['ambient in a transaction'] = await count(box.db);
  });
  await db.$primary.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 2 })));
  await box.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 3 })));
  await box.get(Reader).ambient();
  found['ambient outside'] = await count(box.db);
  await using worker = box.worker();
  let done = 0;
  const all = new Promise<void>((resolve) => box.on('delivery.completed', () => void (++done === 3 && resolve())));
  await worker.start();
  await all;
  await worker.stop();

  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((where) => [where, 1])));
  expect(Object.keys(found)).toHaveLength(6);
  // The application decides where its own reads go.
  expect(await count(db)).toBe(0);
  expect((await readEffects(onPrimary)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'receiver:1',
    'receiver:2',
    'receiver:3',
    'sender:1',
  ]);
  expect(await readDeliveries(onPrimary)).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ state: 'completed', epoch: 1 })),
  );
  expect(await readEffects(onReplica)).toEqual([]);

  expect(() => createSignalbox({ db: primary, log: false })).toThrow(expect.objectContaining({ code: 'BoxAlreadyOpen' }));
  await box.close();
  expect([db, primary].map((handle) => Object.getOwnPropertyDescriptor(handle, 'transaction'))).toEqual(before);
  expect(await db.transaction(async (tx) => count(tx))).toBe(1);
  for (const end of ends) await end();
});
