// Calls that come after the end of their transaction: a callback that the driver calls after its call has failed, and a
// savepoint whose connection is lost.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/core/handles.ts';
import { Ambient } from '../../src/transaction/ambient.ts';
import { TransactionScope } from '../../src/transaction/scope.ts';
import { Transactions } from '../../src/transaction/transactions.ts';
import { rootCode } from '../support/errors.ts';
import { harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

/** Tracked transactions on a driver that the test controls. */
function transactionsOn(open: (callback: () => Promise<unknown>) => Promise<unknown>, rejectsWhenLost: boolean): Transactions {
  const tx = { session: { client: {} }, _: {}, query: {} };
  const db = { transaction: (callback: (handle: object) => Promise<unknown>) => open(async () => callback(tx)) };
  const driver = {
    rejectsWhenLost,
    isConnectionLoss: (error: unknown) => error === gaveUp,
    guard: (client: object) => client,

    isolatesByConfig: false,
  };
  const hooks = { beforeBegin: async () => {}, assertCommitted: async () => {}, afterCommit: async () => {} };
  return new Transactions(db as unknown as DatabaseHandle, driver, new Ambient(), hooks);
}

const gaveUp = new Error('gave up');

const aTurnOfTheEventLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a callback that a driver calls after the transaction call has failed is not run', async () => {
  let begin: (() => Promise<unknown>) | undefined;
  const transactions = transactionsOn((callback) => {
    begin = callback;
    return Promise.reject(gaveUp);
  }, false);
  let called = false;
  await expect(transactions.run(() => void (called = true))).rejects.toBe(gaveUp);
  await expect(begin!()).rejects.toMatchObject({ code: 'TransactionEnded' });
  expect(called).toBe(false);
});

test('a query that fails by a lost connection is not thrown before the driver reports the loss, or the driver would roll back on it', async () => {
  let told: string | undefined;
  let reject: ((error: unknown) => void) | undefined;
  const transactions = transactionsOn((callback) => {
    void callback().then(
      () => (told = 'commit'),
      () => (told = 'rollback'),
    );
    return new Promise((_resolve, fail) => (reject = fail));
  }, true);
  const run = transactions.run((_tx, scope) => {
    scope.watch(Promise.reject(gaveUp));
    throw gaveUp;
  });
  for (let turn = 0; turn < 3; turn++) await aTurnOfTheEventLoop();
  expect(told).toBeUndefined();
  reject!(gaveUp);
  await expect(run).rejects.toBe(gaveUp);
  await aTurnOfTheEventLoop();
  expect(told).toBeUndefined();
});

test('an abandoned scope waits for its open savepoint, and for nothing that begins later', async () => {
  const scope = new TransactionScope();
  const savepoint = new Latch();
  const ended: string[] = [];
  void scope.inTurn(() => savepoint.opened).then(() => ended.push('savepoint'));
  const abandoned = scope.abandon().then(() => ended.push('scope'));
  await aTurnOfTheEventLoop();
  expect(() => scope.enter()).toThrow(expect.objectContaining({ code: 'TransactionEnded' }));
  savepoint.open();
  await abandoned;
  expect(ended).toEqual(['savepoint', 'scope']);
});

test('a savepoint whose connection is lost rejects, even if its callback never ends', async () => {
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
