// Tracked transactions: the stored rows, the time of storing, and the errors of a transaction that cannot be committed.
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { createSignalbox, isSignalboxError } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { happened, One } from './one.ts';

test('an emit is invisible before the commit, and fully visible after it', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    const receipt = await happened.emitReliable(tx, { value: 1 });
    expect(receipt.deliveries).toBe(1);
    expect(await countEmissions(h.sql)).toBe(0);
    expect(await readDeliveries(h.sql)).toEqual([]);
  });
  expect(await countEmissions(h.sql)).toBe(1);
  expect(await readDeliveries(h.sql)).toMatchObject([{ receiver: 'One.receive', state: 'ready', epoch: 0, attempt: 0 }]);
});

test('a rolled-back emit leaves nothing and runs nothing', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  const failure = new Error('no');
  const attempt = h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 1 });
    throw failure;
  });
  await expect(attempt).rejects.toBe(failure);
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  expect(await countEmissions(h.sql)).toBe(0);
  expect(await readDeliveries(h.sql)).toEqual([]);
});

test('a floating emit is awaited before the commit', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
    happened.emitReliable(tx, { value: 1 });
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('a floating emit that fails fails the transaction', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
    happened.emitReliable(tx, { value: 'no number' as unknown as number });
  });
  await expect(attempt).rejects.toMatchObject({ code: 'InvalidPayload' });
  expect(await readEffects(h.sql)).toEqual([]);
});

test('an invalid payload that the sender handles does not fail the transaction', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await expect(happened.emitReliable(tx, { value: NaN })).rejects.toMatchObject({ code: 'InvalidPayload' });
  });
  expect(await readEffects(h.sql)).toEqual(['sender:1']);
});

test('a query error that the callback swallowed is noticed before the commit', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await tx.execute(sql`select 1 / 0`).catch(() => {});
    return 'looks fine';
  });
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  expect(isSignalboxError(error, 'TransactionFailed') && String(error.cause)).toMatch(/division by zero/);
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a floating query is awaited, and its failure is noticed before the commit', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    void Promise.allSettled([tx.execute(sql`select 1 / (pg_sleep(0.05)::text = '')::int - 1 / 0`)]);
  });
  await expect(attempt).rejects.toMatchObject({ code: 'TransactionFailed' });
  expect(await readEffects(h.sql)).toEqual([]);
});

test('the result, the config and the errors of a transaction are those of Drizzle', async () => {
  await using h = await harness();
  const level = await h.db.transaction(
    async (tx) => {
      const [row] = await tx.execute<{ level: string }>(sql`select current_setting('transaction_isolation') as level`);
      return row!.level;
    },
    { isolationLevel: 'serializable' },
  );
  expect(level).toBe('serializable');
  const rolledBack = h.db.transaction(async (tx) => tx.rollback());
  await expect(rolledBack).rejects.toThrow(/rollback/i);
});

test('a deferred constraint that fails at COMMIT rejects, and runs no afterCommit', async () => {
  await using h = await harness();
  await h.sql`create table parent (id int primary key)`;
  await h.sql`create table child (parent int references parent (id) deferrable initially deferred)`;
  let ran = false;
  const attempt = h.db.transaction(async (tx) => {
    h.box.afterCommit(() => (ran = true));
    await tx.execute(sql`insert into child values (1)`);
  });
  await expect(attempt).rejects.toThrow(/foreign key/);
  expect(ran).toBe(false);
});

test('one database object has one open box; closing restores the object', async () => {
  await using h = await harness();
  const db = drizzle({ client: h.connect({ max: 1 }) });
  const untouched = db.transaction;
  const box = createSignalbox({ db, log: false });
  expect(() => createSignalbox({ db, log: false })).toThrow(expect.objectContaining({ code: 'BoxAlreadyOpen' }));
  await box.close();
  expect(db.transaction).toBe(untouched);
  expect(Object.keys(db)).not.toContain('transaction');
  expect(() => box.worker()).toThrow(expect.objectContaining({ code: 'BoxClosed' }));
  await createSignalbox({ db, log: false }).close();
});

test('relational queries and prepared statements of a transaction belong to it', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const db = drizzle({ client: h.connect({ max: 2 }), schema: { effects } });
  const box = createSignalbox({ db, log: false });
  await db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'mine', value: 1 });
    expect(await tx.query.effects.findMany()).toHaveLength(1);
    expect(await tx.$count(effects)).toBe(1);
    const prepared = tx
      .select()
      .from(effects)
      .where(eq(effects.value, sql.placeholder('value')))
      .prepare('by_value');
    expect(await prepared.execute({ value: 1 })).toHaveLength(1);
    expect(await h.sql`select from effect`).toHaveLength(0);
  });
  await box.close();
});

test('a transaction of our own announces no receivers: a migration runs before their tables are there', async () => {
  await using h = await harness({ services: [One] });
  await h.box.prune();
  expect(await h.sql`select from signalbox.receiver`).toHaveLength(0);
});
