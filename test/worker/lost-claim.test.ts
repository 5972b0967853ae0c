// A claim that is carried out, and whose answer is lost with its connection: the worker holds deliveries that it does not
// know of, and lives on. Nobody would rescue them.
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal } from '../../src/index.ts';
import { readDeliveries } from '../support/effects.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('lost-claim.happened', z.object({}));

class Receiver {
  @OnSignal(happened, { name: 'Receiver.receive' })
  static async receive(): Promise<void> {}
}

/** The same client, which does `lose` in place of answering the first claim that has taken something. */
function losingFirstClaim(client: postgres.Sql, lose: () => Promise<never>): postgres.Sql {
  let lost = false;
  const unsafe = async (text: string, ...rest: never[]): Promise<unknown> => {
    const rows = await client.unsafe(text, ...rest);
    if (lost || !text.includes("set state = 'running'") || rows.length === 0) return rows;
    lost = true;
    return lose();
  };
  return new Proxy(client, { get: (target, key): unknown => (key === 'unsafe' ? unsafe : Reflect.get(target, key)) });
}

test.each([
  ['lost', async (): Promise<never> => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))],
  ['never heard, for the connection is dead without having noticed', async (): Promise<never> => new Promise(() => {})],
])('deliveries whose claim was carried out, and its answer %s, are given back and run, and cost no attempt', async (_how, lose) => {
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
