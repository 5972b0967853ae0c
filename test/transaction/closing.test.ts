// Transactions close: code that is left of an ended transaction, however it ended, reaches no other.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { rootCode } from '../support/errors.ts';
import { harness } from '../support/harness.ts';
import { happened, One } from './one.ts';

test('a transaction handle cannot be used in any way after the end', async () => {
  await using h = await harness({ services: [One] }, { max: 1 });
  await createEffects(h.sql);
  let kept: Parameters<Parameters<typeof h.db.transaction>[0]>[0] | undefined;
  await h.db.transaction(async (tx) => {
    kept = tx;
    await tx.execute(sql`select 1`);
  });
  const late: (() => PromiseLike<unknown>)[] = [
    () => kept!.insert(effects).values({ receiver: 'late', value: 1 }),
    () => kept!.execute(sql`select 1`),
    () => kept!.select().from(effects),
    () => kept!.transaction(async (nested) => nested.execute(sql`select 1`)),
    async () => happened.emitReliable(kept!, { value: 1 }),
  ];
  for (const use of late) {
    const error: unknown = await Promise.resolve()
      .then(use)
      .catch((thrown: unknown) => thrown);
    expect(rootCode(error)).toBe('TransactionEnded');
  }
  expect(await readEffects(h.sql)).toEqual([]);
});

test('code that a failed callback left running cannot write after the rollback', async () => {
  await using h = await harness({}, { max: 1 });
  await createEffects(h.sql);
  let late: Promise<unknown> = Promise.resolve();
  let rolledBack: (() => void) | undefined;
  const afterRollback = new Promise<void>((resolve) => (rolledBack = resolve));
  const attempt = h.db.transaction(async (tx) => {
    await tx.execute(sql`select 1`);
    late = afterRollback.then(() => tx.insert(effects).values({ receiver: 'late', value: 1 }));
    throw new Error('gone');
  });
  await expect(attempt).rejects.toThrow('gone');
  rolledBack!();
  const error: unknown = await late.catch((thrown: unknown) => thrown);
  expect(rootCode(error)).toBe('TransactionEnded');
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a savepoint that still runs when the outer callback fails cannot touch the next transaction of the connection', async () => {
  await using h = await harness({}, { max: 1 });
  await createEffects(h.sql);
  let release: (() => void) | undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let nested: Promise<unknown> = Promise.resolve();
  const attempt = h.db.transaction(async (tx) => {
    let opened: (() => void) | undefined;
    const open = new Promise<void>((resolve) => (opened = resolve));
    nested = tx.transaction(async (savepoint) => {
      await savepoint.execute(sql`select 1`);
      opened!();
      await released;
      await savepoint.insert(effects).values({ receiver: 'late', value: 1 });
    });
    await open;
    throw new Error('outer failed');
  });
  await expect(attempt).rejects.toThrow('outer failed');
  expect(rootCode(await nested.catch((thrown: unknown) => thrown))).toBe('TransactionEnded');
  await h.db.transaction(async (tx) => {
    await tx.transaction(async (savepoint) => {
      await savepoint.insert(effects).values({ receiver: 'next', value: 2 });
      release!();
      await savepoint.execute(sql`select pg_sleep(0.02)`);
    });
  });
  expect(await readEffects(h.sql)).toEqual(['next:2']);
});

test('a transaction whose backend is killed rejects, and its handle reaches no other session', async () => {
  await using h = await harness({}, { max: 1 });
  await createEffects(h.sql);
  // The loss may be reported before the callback continues.
  let tell: ((late: Promise<unknown>) => void) | undefined;
  const late = new Promise<unknown>((resolve) => (tell = resolve));
  const attempt = h.db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await h.sql`select pg_terminate_backend(${row!.pid})`;
    tell!(attempt.catch(async () => tx.insert(effects).values({ receiver: 'late', value: 1 })));
    await new Promise(() => {});
  });
  await expect(attempt).rejects.toThrow();
  expect(rootCode(await late.catch((thrown: unknown) => thrown))).toBe('TransactionEnded');
  await h.db.insert(effects).values({ receiver: 'next', value: 2 });
  expect(await readEffects(h.sql)).toEqual(['next:2']);
});

test('a transaction whose backend is killed during a query or a savepoint rejects, and the process and the pool live on', async () => {
  await using h = await harness({}, { max: 1 });
  await createEffects(h.sql);
  for (const within of ['transaction', 'savepoint'] as const) {
    const attempt = h.db.transaction(async (tx) => {
      const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      const wait = async (handle: Pick<typeof tx, 'execute'>): Promise<void> => {
        await Promise.all([handle.execute(sql`select pg_sleep(30)`), h.sql`select pg_terminate_backend(${row!.pid})`]);
      };
      await (within === 'savepoint' ? tx.transaction(wait) : wait(tx));
    });
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    expect(['57P01', 'CONNECTION_CLOSED']).toContain(rootCode(error));
    const next = async (): Promise<unknown> => h.db.transaction(async (tx) => tx.insert(effects).values({ receiver: within, value: 1 }));
    // postgres.js reports the end of the old session once more, to the first query of the new one.
    await next().catch(next);
  }
  expect(await readEffects(h.sql)).toEqual(['transaction:1', 'savepoint:1']);
});
