// A claim takes effect, but its answer is lost with its connection: the worker holds deliveries that it does not know
// of, and lives on, so that no worker would rescue them.
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type DetachedDeliveryContext, OnSignal } from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('lost-claim.happened', z.object({}));

class Receiver {
  @OnSignal(happened, { name: 'Receiver.receive' })
  static async receive(): Promise<void> {}
}

/**
 * The same client, which, once it is `armed`, calls `lose` instead of answering the first claim that took deliveries.
 */
function losingFirstClaim(client: postgres.Sql, lose: () => Promise<never>, armed = (): boolean => true): postgres.Sql {
  let lost = false;
  const losing = async (text: string, answer: PromiseLike<readonly unknown[]>): Promise<unknown> => {
    const rows = await answer;
    if (lost || !text.includes("set state = 'running'") || rows.length === 0 || !armed()) return rows;
    lost = true;
    return lose();
  };
  const unsafe = (text: string, ...rest: never[]): object => ({
    raw: () => losing(text, client.unsafe(text, ...rest).raw()),
    values: () => losing(text, client.unsafe(text, ...rest).values()),
  });
  return new Proxy(client, { get: (target, key): unknown => (key === 'unsafe' ? unsafe : Reflect.get(target, key)) });
}

test.each([
  ['lost', async (): Promise<never> => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))],
  ['never heard, for the connection is dead without having noticed', async (): Promise<never> => new Promise(() => {})],
])('deliveries whose claim took effect, but whose answer %s, are released and run, and cost no attempt', async (_how, lose) => {
  await using h = await harness({ services: [Receiver] });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  const box = createSignalbox({ db: drizzle({ client: losingFirstClaim(h.connect(), lose) }), services: [Receiver], log: false });
  const failing = box.next('worker.failing');
  const completed = box.next('delivery.completed');
  await using worker = box.worker({ pollInterval: 50, lease: '2s' });
  await worker.start();
  await failing;
  expect(await completed).toMatchObject({ attempt: 1, epoch: 3 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', epoch: 3, attempt: 1, crashes: 0 }]);
  await worker.stop();
  await box.close();
});

test('when the answer to a claim is lost, running deliveries are not released together with the unknown ones', async () => {
  const entered = new Latch();
  const gate = new Latch();
  const runs: string[] = [];
  class Detached {
    @OnSignal(happened, { name: 'Receiver.receive', transactional: false })
    static async receive(_payload: object, { idempotencyKey }: DetachedDeliveryContext): Promise<void> {
      runs.push(idempotencyKey);
      entered.open();
      if (runs.length === 1) await gate.opened;
    }
  }
  await using h = await harness({ services: [Detached] });
  const emit = async (): Promise<unknown> => h.db.transaction(async (tx) => happened.emitReliable(tx, {}));
  await emit();
  const lose = async (): Promise<never> => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  const db = drizzle({ client: losingFirstClaim(h.connect(), lose, () => runs.length > 0) });
  const box = createSignalbox({ db, services: [Detached], log: false });
  await using worker = box.worker({ pollInterval: 50, lease: '2s' });
  await worker.start();
  await entered.opened;
  const failing = box.next('worker.failing');
  const second = box.next('delivery.completed');
  await emit();
  await failing;
  // The delivery was released, and claimed again.
  expect(await second).toMatchObject({ epoch: 3 });
  const first = Promise.race([box.next('delivery.completed'), box.next('delivery.stale')]);
  gate.open();
  await first;
  expect(await readDeliveries(h.sql)).toMatchObject([
    { state: 'completed', epoch: 1, attempt: 1 },
    { state: 'completed', epoch: 3, attempt: 1 },
  ]);
  expect(runs).toHaveLength(2);
  await worker.stop();
  await box.close();
});
