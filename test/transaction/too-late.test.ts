// What comes when its transaction is over already: a callback that the driver calls after it has given up, and a savepoint
// whose connection is gone.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/core/handles.ts';
import type { Driver } from '../../src/drivers/driver.ts';
import { Ambient } from '../../src/transaction/ambient.ts';
import { Transactions } from '../../src/transaction/transactions.ts';
import { rootCode } from '../support/errors.ts';
import { harness } from '../support/harness.ts';

test('a callback that a driver calls after the transaction call has failed is not run', async () => {
  const gaveUp = new Error('gave up');
  let begin: (() => Promise<unknown>) | undefined;
  const db = {
    transaction: (callback: (tx: object) => Promise<unknown>) => {
      begin = async () => callback({ session: { client: {} }, _: {}, query: {} });
      return Promise.reject(gaveUp);
    },
  };
  const driver = { rejectsWhenLost: false, isConnectionLoss: () => false, guard: (client: object) => client };
  const hooks = { beforeBegin: async () => {}, assertCommitted: async () => {}, afterCommit: async () => {} };
  const transactions = new Transactions(db as unknown as DatabaseHandle, driver as unknown as Driver, new Ambient(), hooks);
  let called = false;
  await expect(transactions.run(() => void (called = true))).rejects.toBe(gaveUp);
  await expect(begin!()).rejects.toMatchObject({ code: 'TransactionEnded' });
  expect(called).toBe(false);
});

test('a savepoint whose connection is lost rejects, though its callback never ends', async () => {
  await using h = await harness({}, { max: 1 });
  let tell: ((nested: Promise<unknown>) => void) | undefined;
  const nested = new Promise<unknown>((resolve) => (tell = resolve));
  const attempt = h.db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    const savepoint = tx.transaction(async () => {
      await h.sql`select pg_terminate_backend(${row!.pid})`;
      await new Promise(() => {});
    });
    tell!(savepoint);
    await savepoint;
  });
  await expect(attempt).rejects.toThrow();
  expect(rootCode(await nested.catch((thrown: unknown) => thrown))).toBe('TransactionEnded');
});
