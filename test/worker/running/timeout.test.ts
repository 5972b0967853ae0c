// Timeouts: a receiver that takes too long has ended for everything but its own code.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, type DetachedDeliveryContext, OnSignal } from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects, readErrors } from '../../support/effects.ts';
import { rootCode } from '../../support/errors.ts';
import { harness, type Harness } from '../../support/harness.ts';

const happened = defineSignal('timeout.happened', z.object({}));
const emit = async (h: Harness): Promise<void> => h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));

test('a receiver that timed out is retried, and its later queries are refused', async () => {
  let late: Promise<unknown> = Promise.resolve();
  class Slow {
    @OnSignal(happened, { timeout: 100 })
    static async receive(_payload: object, { tx, abortSignal, attempt }: DeliveryContext): Promise<void> {
      if (attempt > 1) return;
      await tx.insert(effects).values({ receiver: 'slow', value: 1 });
      const aborted = abortSignal.aborted
        ? Promise.resolve()
        : new Promise<unknown>((resolve) => abortSignal.addEventListener('abort', resolve));
      late = aborted
        .then(() => h.box.next('delivery.retrying'))
        .then(async () => tx.insert(effects).values({ receiver: 'late', value: 2 }))
        .catch((thrown: unknown) => thrown);
      await late;
    }
  }
  // There is one connection for the receiver: a late query would reach its next user.
  await using h = await harness({ services: [Slow] }, { max: 1 });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  expect(rootCode(await late)).toBe('TransactionEnded');
  expect(await readErrors(h.sql)).toMatchObject([{ message: expect.stringContaining('100 ms') as string }]);
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ completed: 1 });
  expect(await readEffects(h.sql)).toEqual([]);
});

/** Runs one delivery whose only connection is taken for this time between its claim and its call. */
async function runLate(seconds: number, Service: new () => object): Promise<{ result: object; released: number; errors: object[] }> {
  await using h = await harness({ services: [Service] }, { max: 1 });
  await emit(h);
  let other: Promise<unknown> | undefined;
  let released = 0;
  h.box.on('delivery.started', () => void (other ??= h.db.execute(sql`select pg_sleep(${seconds}::float8)`).execute()));
  h.box.on('delivery.released', () => released++);
  const result = await h.box.drain();
  await other;
  return { result, released, errors: await readErrors(h.sql) };
}

test('the wait for a connection does not count towards the timeout of the receiver', async () => {
  class Quick {
    @OnSignal(happened, { timeout: '2s' })
    static async receive(_payload: object, { tx }: DeliveryContext): Promise<void> {
      await tx.execute(sql`select pg_sleep(1.2)`);
    }
  }
  expect(await runLate(1.2, Quick)).toMatchObject({ result: { completed: 1, retrying: 0 }, released: 0, errors: [] });
});

test('a delivery whose connection takes longer than its timeout is released, and has not failed', async () => {
  class Quick {
    @OnSignal(happened, { timeout: 100 })
    static async receive(): Promise<void> {}
  }
  expect(await runLate(0.5, Quick)).toMatchObject({ result: { completed: 1, retrying: 0 }, released: 1, errors: [] });
});

test('a query that still runs at the timeout does not delay the retry of the delivery', async () => {
  class Stuck {
    @OnSignal(happened, { timeout: 100 })
    static async receive(_payload: object, { tx, attempt }: DeliveryContext): Promise<void> {
      if (attempt === 1) await tx.execute(sql`select pg_sleep(1)`);
    }
  }
  await using h = await harness({ services: [Stuck] });
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 1, completed: 1 });
});

test('a timed-out receiver that is not transactional is retried, too, and its abort signal fires', async () => {
  const reasons: unknown[] = [];
  class Remote {
    @OnSignal(happened, { timeout: 100, transactional: false })
    static async receive(_payload: object, { abortSignal, attempt }: DetachedDeliveryContext): Promise<void> {
      if (attempt > 1) return;
      await new Promise<void>((resolve) => abortSignal.addEventListener('abort', () => resolve()));
      reasons.push(abortSignal.reason);
    }
  }
  await using h = await harness({ services: [Remote] });
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 1, completed: 1 });
  expect(reasons).toMatchObject([{ code: 'DeliveryTimedOut' }]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 2 }]);
});

test('the server ends the transaction of a frozen worker, which cannot do so itself', async () => {
  const settings: unknown[] = [];
  class Curious {
    @OnSignal(happened, { timeout: '30s' })
    static async receive(_payload: object, { tx }: DeliveryContext): Promise<void> {
      const [row] = await tx.execute(
        sql`select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle`,
      );
      settings.push(row);
    }
  }
  await using h = await harness({ services: [Curious] }, { max: 1 });
  await emit(h);
  await h.box.drain();
  const [after] = await h.db.execute(sql`select current_setting('statement_timeout') as statement`);
  expect(settings).toEqual([{ statement: '35s', idle: '35s' }]);
  expect(after).toEqual({ statement: '0' });
});
