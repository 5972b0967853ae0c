// The settings of an application's client affect the application's statements, and not those of Signalbox: names,
// values and arrays that are transformed or parsed in other ways, types that are not fetched, serializers of the
// application.
import { PGlite } from '@electric-sql/pglite';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Client, Pool, types } from 'pg';
import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, Discard, OnSignal, type DeliveryContext } from '../../src/index.ts';
import '../support/register.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { readMigrations } from '../support/migrations.ts';

const happened = defineSignal('hostile.happened', z.object({ value: z.number(), fate: z.string() }));

type Db = ReturnType<typeof drizzlePostgresJs>;
type Connect = (database: TestDatabase) => Promise<{ db: Db; end(): Promise<unknown> }>;

const OIDS = [16, 20, 21, 23, 25, 114, 700, 701, 1000, 1005, 1007, 1009, 1016, 1043, 1114, 1184, 1700, 2950, 3802];
const wrong = (): string => 'wrong';
/** The application reads and writes each type in its own way. */
const TYPES = Object.fromEntries(OIDS.map((oid) => [`own${oid}`, { to: oid, from: [oid], serialize: wrong, parse: wrong }]));

const withPostgresJs =
  (options: postgres.Options<never>): Connect =>
  async (database) => {
    const client = database.connect({ max: 6, ...options });
    return { db: drizzlePostgresJs({ client }), end: async () => {} };
  };

const withPool =
  (options: object): Connect =>
  async ({ url }) => {
    const client = new Pool({ connectionString: url, max: 6, ...options });
    client.on('error', () => {});
    return { db: drizzleNodePostgres({ client }) as unknown as Db, end: () => client.end() };
  };

const parsers = { getTypeParser: () => wrong };

const clients: Readonly<Record<string, Connect>> = {
  'postgres.js that makes names camel case': withPostgresJs({ transform: postgres.camel }),
  'postgres.js that transforms each name, value and undefined': withPostgresJs({
    transform: { undefined: null, column: { from: (name: string) => `x${name}` }, value: { from: wrong } },
  }),
  'postgres.js with types of its own': withPostgresJs({ types: TYPES as never }),
  'postgres.js that does not fetch types': withPostgresJs({ fetch_types: false }),
  'postgres.js that prepares nothing': withPostgresJs({ prepare: false, transform: postgres.camel, types: TYPES as never }),
  'node-postgres, with parsers of its pool': withPool({ types: parsers }),
  'node-postgres, with parsers of each client': async ({ url }) => {
    const client = new Pool({ connectionString: url, max: 6 });
    client.on('error', () => {});
    client.on('connect', (each) => {
      for (const oid of Object.values(types.builtins)) each.setTypeParser(oid, wrong);
    });
    return { db: drizzleNodePostgres({ client }) as unknown as Db, end: () => client.end() };
  },
  'node-postgres, a client with parsers': async ({ url }) => {
    const client = new Client({ connectionString: url, types: parsers });
    await client.connect();
    return { db: drizzleNodePostgres({ client }) as unknown as Db, end: () => client.end() };
  },
};

/** The behaviour of a box, as its users see it. */
async function life(db: Db): Promise<unknown> {
  const received: unknown[] = [];
  class Hostile {
    @OnSignal(happened, { formerly: ['Old.one'], retry: { attempts: 2, delay: 0 } })
    static async one({ value, fate }: { value: number; fate: string }, { emission, attempt }: DeliveryContext): Promise<void> {
      received.push([value, fate, attempt, emission.headers, Math.abs(Date.now() - emission.emittedAt.getTime()) < 600_000]);
      if (fate === 'discard') throw new Discard('not mine');
      if (fate === 'dies' || (fate === 'fails' && attempt === 1)) throw new Error('503');
    }

    @OnSignal(happened, { batch: 10, transactional: true })
    static async many(payloads: readonly unknown[]): Promise<void> {
      received.push(payloads.length);
    }
  }
  await using box = createSignalbox({ db, services: [Hostile], log: false });
  const announced = await box.receivers.announce();
  const receipts = await db.transaction(async (tx) =>
    happened.emitMany(
      tx,
      ['fine', 'discard', 'fails', 'dies'].map((fate, value) => ({ value, fate })),
      { headers: { trace: 'a"b\\c' } },
    ),
  );
  const worker = box.worker({ lease: '3s' });
  await worker.start();
  const ends = await Promise.all(receipts.map(({ emissionId: id }) => box.emissions.settled(id)));
  await worker.stop();
  const dead = await box.deliveries.retry({ emissionId: receipts[3]!.emissionId });
  await box.deliveries.cancel({ emissionId: receipts[3]!.emissionId });
  const told = ends.flat().map(({ id: _id, emissionId, emittedAt, finishedAt, errors, ...rest }) => ({
    ...rest,
    emission: receipts.findIndex(({ emissionId: id }) => id === emissionId),
    at: [emittedAt, finishedAt].map((date) => date instanceof Date && Math.abs(Date.now() - date.getTime()) < 600_000),
    errors: errors.map(({ at, ...error }) => ({ ...error, at: Math.abs(Date.now() - at.getTime()) < 600_000 })),
  }));
  const sorted = (list: readonly unknown[]): string[] => list.map((each) => JSON.stringify(each)).toSorted();
  return {
    announced,
    receipts: receipts.map(({ deliveries }) => deliveries),
    received: sorted(received.filter((each) => typeof each !== 'number')),
    gathered: received.filter((each) => typeof each === 'number').reduce((sum: number, each) => sum + Number(each), 0),
    told: sorted(told),
    dead: dead.length,
    again: await box.drain(),
    has: await box.receivers.has(happened),
    health: (await box.workers.health()).ok,
  };
}

describe('a box does the same on a client of', () => {
  let expected: unknown;
  beforeAll(async () => {
    await using database = await createDatabase();
    expected = await life(drizzlePostgresJs({ client: database.connect({ max: 6 }) }));
    expect(expected).toMatchObject({ receipts: [2, 2, 2, 2], gathered: 4, dead: 1, has: true, health: true });
  });

  test.each(Object.entries(clients))('%s as on a plain one', async (_name, connect) => {
    await using database = await createDatabase();
    const { db, end } = await connect(database);
    expect(await life(db)).toEqual(expected);
    await end();
  });

  test('PGlite, with parsers and serializers, as on a plain one', async () => {
    const own = <T>(value: T): Record<number, T> => Object.fromEntries(OIDS.map((oid) => [oid, value]));
    const client = new PGlite({ parsers: own(wrong), serializers: own(wrong) });
    await client.exec(await readMigrations());
    expect(await life(drizzlePglite({ client }) as unknown as Db)).toEqual(expected);
    await client.close();
  });
});

describe('a client whose rows cannot be had as they are is refused:', () => {
  test('postgres.js with a transform of rows', () => {
    const client = postgres('postgres://x@127.0.0.1:9/x', { transform: { row: { from: (row) => row } } });
    expect(() => createSignalbox({ db: drizzlePostgresJs({ client }) })).toThrow(
      expect.objectContaining({ code: 'UnsupportedDatabase', message: expect.stringContaining('transform.row') as string }),
    );
  });

  test.each([
    ['binary', { binary: true }],
    [
      'pg-native',
      {
        Client: class extends Client {
          native = {};
        },
      },
    ],
  ])('node-postgres with %s', (what, options) => {
    const client = new Pool(options as object);
    expect(() => createSignalbox({ db: drizzleNodePostgres({ client }) })).toThrow(
      expect.objectContaining({ code: 'UnsupportedDatabase', message: expect.stringContaining(what) as string }),
    );
  });
});
