// Code uses the plain database inside a transaction of its box: it writes outside of that transaction, or waits for it
// for ever. The box notices that.
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DeliveryContext, isSignalboxError, OnSignal, Service, Transactional } from '../../src/index.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { type Database, harness, type Harness } from '../support/harness.ts';
import { type LogLine, recordingLogger } from '../support/log.ts';

const happened = defineSignal('outside.happened', z.object({}));
const row = { receiver: 'x', value: 1 };

interface Watched extends Harness {
  readonly warnings: () => LogLine[];
}

async function open(options: Parameters<typeof harness>[0] = {}, pool?: { max: number }): Promise<Watched> {
  const { log, lines } = recordingLogger();
  const h = await harness({ log, ...options }, pool);
  await createEffects(h.sql);
  return { ...h, warnings: () => lines.filter(({ level }) => level === 'warn') };
}

const calls = (h: Watched): unknown[] => h.warnings().map(({ fields }) => (fields as { call: string }).call);

const writes: Record<string, (db: Database) => Promise<unknown>> = {
  'db.insert(effect)': async (db) => db.insert(effects).values(row),
  'db.update(effect)': async (db) => db.update(effects).set({ value: 2 }),
  'db.delete(effect)': async (db) => db.delete(effects).where(eq(effects.value, 2)),
  'db.execute()': async (db) => db.execute(sql`insert into effect values (${'y'}, ${1})`),
  'db.with(…).insert(effect)': async (db) =>
    db
      .with(db.$with('one').as(db.select().from(effects)))
      .insert(effects)
      .values(row),
  'db.with(…).update(effect)': async (db) =>
    db
      .with(db.$with('one').as(db.select().from(effects)))
      .update(effects)
      .set({ value: 2 }),
  'db.with(…).delete(effect)': async (db) => db.with(db.$with('one').as(db.select().from(effects))).delete(effects),
  'db.transaction()': async (db) => db.transaction(async () => {}),
};

const reads: Record<string, (db: Database) => Promise<unknown>> = {
  select: async (db) => db.select().from(effects),
  selectDistinct: async (db) => db.selectDistinct().from(effects),
  $count: async (db) => db.$count(effects),
  'with … select': async (db) => {
    const one = db.$with('one').as(db.select().from(effects));
    return db.with(one).select().from(one);
  },
  'a statement that selects': async (db) => db.execute(sql`select * from effect where value = ${1}`),
  'a text that selects': async (db) => db.execute(' WITH one as (select 1) select * from one'),
};

test.each(Object.entries(writes))('%s inside a transaction gives one warning, with its place', async (call, write) => {
  await using h = await open();
  for (let time = 0; time < 3; time++) await h.db.transaction(async () => void (await write(h.db)));
  expect(h.warnings()).toMatchObject([
    {
      fields: { call, at: expect.stringMatching(/outside-writes\.test\.ts:\d+:\d+$/) as string },
      message: expect.stringMatching(
        /was called inside a transaction, on the plain database \(.*outside-writes\.test\.ts:\d+:\d+\)/,
      ) as string,
    },
  ]);
});

test.each(Object.entries(writes))(
  '%s inside a transaction is refused if the box says so, and the transaction may go on',
  async (_call, write) => {
    await using h = await open({ outsideWrites: 'refuse' });
    await h.db.transaction(async (tx) => {
      expect(isSignalboxError(await write(h.db).catch((error: unknown) => error), 'OutsideTransaction')).toBe(true);
      await tx.insert(effects).values(row);
    });
    expect(await readEffects(h.sql)).toEqual(['x:1']);
    expect(h.warnings()).toEqual([]);
  },
);

test.each(Object.entries(writes))(
  '%s is silent if the box allows it, outside of a transaction, and through tx or Db',
  async (_call, write) => {
    await using allowing = await open({ outsideWrites: 'allow' });
    await allowing.db.transaction(async () => void (await write(allowing.db)));
    await using h = await open({ outsideWrites: 'refuse' });
    await write(h.db);
    await h.db.transaction(async (tx) => {
      await write(tx);
      await write(h.box.db);
      await tx.transaction(async (savepoint) => void (await write(savepoint as unknown as Database)));
    });
    expect([...allowing.warnings(), ...h.warnings()]).toEqual([]);
  },
);

test.each(Object.entries(reads))('%s on the plain database is silent', async (_call, read) => {
  await using h = await open({ outsideWrites: 'refuse' });
  await h.db.transaction(async () => void (await read(h.db)));
  expect(h.warnings()).toEqual([]);
});

test.each([
  ['a data-modifying with', sql`with gone as (delete from effect returning 1) select * from gone`],
  ['a text', 'insert into effect values (1, 1)'],
])('execute of %s counts as a write', async (_what, statement) => {
  await using h = await open({ outsideWrites: 'refuse' });
  await h.db.transaction(async () => {
    expect(() => h.db.execute(statement)).toThrow(/db\.execute\(\) was called inside a transaction/);
  });
});

test('a receiver, a method with @Transactional and emit are inside a transaction, too', async () => {
  let plain: Database;
  @Service({ inject: [Db] })
  class Receiving {
    @OnSignal(happened)
    async receive(_payload: object, _context: DeliveryContext): Promise<void> {
      await plain.insert(effects).values(row);
    }

    @OnSignal(happened, { transactional: false })
    async detached(): Promise<void> {
      await plain.update(effects).set({ value: 3 });
    }

    @Transactional()
    async book(): Promise<void> {
      await plain.delete(effects);
      await happened.emit(plain, {});
    }
  }
  await using h = await open({ services: [Receiving] });
  plain = h.db;
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(calls(h)).toEqual(['db.insert(effect)']);
  await h.box.get(Receiving).book();
  expect(calls(h)).toEqual(['db.insert(effect)', 'db.delete(effect)', 'emit(db)', 'db.update(effect)']);
});

test('an emit on the plain database inside a transaction is silent if the box allows it', async () => {
  class Receiving {
    @OnSignal(happened)
    static async receive(_payload: object, { tx }: DeliveryContext): Promise<void> {
      await tx.insert(effects).values(row);
    }
  }
  await using h = await open({ services: [Receiving], outsideWrites: 'allow' });
  await h.db.transaction(async () => happened.emit(h.db, {}));
  expect([await readEffects(h.sql), h.warnings()]).toEqual([['x:1'], []]);
});

test('callbacks of afterCommit, code after the end, and a second object of the same pool are outside', async () => {
  await using h = await open({ outsideWrites: 'refuse' });
  const apart = drizzle({ client: (h.db as unknown as { $client: never }).$client });
  let late: Promise<unknown> | undefined;
  await h.db.transaction(async () => {
    h.box.afterCommit(() => h.db.insert(effects).values({ receiver: 'after', value: 1 }));
    await apart.insert(effects).values({ receiver: 'apart', value: 1 });
    late = new Promise((resolve) => setTimeout(resolve, 100)).then(() => h.db.insert(effects).values({ receiver: 'late', value: 1 }));
  });
  await late;
  expect((await readEffects(h.sql)).toSorted()).toEqual(['after:1', 'apart:1', 'late:1']);
});

const single = { ...writes, ...reads, 'a plain select': reads['select']! };
test.each(Object.entries(single).filter(([name]) => !/statement|text/.test(name)))(
  'with a pool of one, %s inside a transaction is refused, for it would wait for ever',
  async (_name, use) => {
    await using h = await open({}, { max: 1 });
    await use(h.db);
    await h.db.transaction(async (tx) => {
      await expect(use(h.db)).rejects.toThrow(
        /it waits for the only connection, which that transaction has, for ever.*\[OutsideTransaction\]/,
      );
      await tx.insert(effects).values(row);
    });
    expect(h.warnings()).toEqual([]);
  },
);

test('a closed box leaves the database object as it was', async () => {
  const database = await harness();
  const { db, box } = database;
  await box.close();
  expect(['insert', 'update', 'delete', 'execute', 'with', 'transaction', 'select'].filter((method) => Object.hasOwn(db, method))).toEqual(
    [],
  );
  await database[Symbol.asyncDispose]();
});
