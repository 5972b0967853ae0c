// Db, the ambient database, finds the transaction that a piece of code runs in.
import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, Service } from '../../src/index.ts';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { rootCode } from '../support/errors.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('ambient.happened', z.object({ value: z.number() }));

@Service()
class Writer {
  constructor(private readonly db: Db) {}

  async write(value: number): Promise<void> {
    await this.db.insert(effects).values({ receiver: 'Writer', value });
  }

  async count(): Promise<number> {
    return this.db.$count(effects);
  }
}

test('outside of a transaction Db is the database, inside it is the transaction', async () => {
  await using h = await harness({ services: [Writer] });
  await createEffects(h.sql);
  const writer = h.box.get(Writer);
  await writer.write(1);
  const attempt = h.db.transaction(async () => {
    await writer.write(2);
    expect(await writer.count()).toBe(2);
    expect(await h.sql`select from effect`).toHaveLength(1);
    throw new Error('undone');
  });
  await expect(attempt).rejects.toThrow('undone');
  expect(await readEffects(h.sql)).toEqual(['Writer:1']);
});

test('transaction on Db opens a transaction, and a savepoint inside of one', async () => {
  await using h = await harness({ services: [Writer] });
  await createEffects(h.sql);
  const writer = h.box.get(Writer);
  await h.box.db.transaction(async () => {
    await writer.write(1);
    await h.box.db
      .transaction(async () => {
        await writer.write(2);
        throw new Error('only this one');
      })
      .catch(() => {});
    await writer.write(3);
  });
  expect(await readEffects(h.sql)).toEqual(['Writer:1', 'Writer:3']);
});

test('Db inside a savepoint belongs to the savepoint', async () => {
  await using h = await harness({ services: [Writer] });
  await createEffects(h.sql);
  const writer = h.box.get(Writer);
  await h.db.transaction(async (tx) => {
    await tx
      .transaction(async () => {
        await writer.write(1);
        await happened.emitReliable(h.box.db, { value: 1 });
        throw new Error('only the savepoint');
      })
      .catch(() => {});
    await writer.write(2);
  });
  expect(await readEffects(h.sql)).toEqual(['Writer:2']);
  expect(await countEmissions(h.sql)).toBe(0);
});

test('a query that was built or prepared outside joins the transaction in which it is sent', async () => {
  await using h = await harness({ services: [Writer] });
  await createEffects(h.sql);
  const { db } = h.box;
  const prepared = db
    .select()
    .from(effects)
    .where(eq(effects.value, sql.placeholder('value')))
    .prepare('ambient_by_value');
  const insert = db.insert(effects).values({ receiver: 'built', value: 1 });
  await h.db.transaction(async () => {
    await insert;
    expect(await prepared.execute({ value: 1 })).toHaveLength(1);
    expect(await h.sql`select from effect`).toHaveLength(0);
  });
  expect(await prepared.execute({ value: 1 })).toHaveLength(1);
});

test('code that outlives its transaction cannot write outside of it through Db', async () => {
  await using h = await harness({ services: [Writer] }, { max: 2 });
  await createEffects(h.sql);
  const writer = h.box.get(Writer);
  let ended: (() => void) | undefined;
  const afterEnd = new Promise<void>((resolve) => (ended = resolve));
  let late: Promise<unknown>[] = [];
  await h.db.transaction(async () => {
    const uses: (() => Promise<unknown>)[] = [
      () => writer.write(1),
      async () => h.box.db.transaction(async () => {}),
      async () => happened.emitReliable(h.box.db, { value: 1 }),
    ];
    late = uses.map((use) => afterEnd.then(use).catch((thrown: unknown) => thrown));
  });
  ended!();
  for (const error of await Promise.all(late)) expect(rootCode(error)).toBe('TransactionEnded');
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a reliable emit on Db needs an open transaction', async () => {
  await using h = await harness();
  await expect(happened.emitReliable(h.box.db, { value: 1 })).rejects.toMatchObject({ code: 'NotInTransaction' });
  await h.db.transaction(async () => {
    await happened.emitReliable(h.box.db, { value: 1 });
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('concurrent transactions do not mix', async () => {
  await using h = await harness();
  const whoAmI = async (): Promise<unknown> => (await h.box.db.execute(sql`select pg_current_xact_id()::text as id`))[0]!['id'];
  const ids = await Promise.all(
    [1, 2, 3].map(() =>
      h.db.transaction(async () => {
        const before = await whoAmI();
        await h.box.db.execute(sql`select pg_sleep(0.02)`);
        expect(await whoAmI()).toBe(before);
        return before;
      }),
    ),
  );
  expect(new Set(ids).size).toBe(3);
});

test('two boxes on two databases in one process do not mix', async () => {
  await using first = await harness({ services: [Writer] });
  await using second = await harness({ services: [Writer] });
  for (const h of [first, second]) await createEffects(h.sql);
  expect(first.box.get(Writer)).not.toBe(second.box.get(Writer));
  await first.db.transaction(async () => {
    await first.box.get(Writer).write(1);
    // The other box has no transaction here: this write takes effect at once, and stays.
    await second.box.get(Writer).write(2);
    expect(await readEffects(second.sql)).toEqual(['Writer:2']);
    await expect(happened.emitReliable(second.box.db, { value: 1 })).rejects.toMatchObject({ code: 'NotInTransaction' });
    await happened.emitReliable(first.box.db, { value: 1 });
  });
  expect(await readEffects(first.sql)).toEqual(['Writer:1']);
  expect([await countEmissions(first.sql), await countEmissions(second.sql)]).toEqual([1, 0]);
});
