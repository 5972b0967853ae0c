import { expect, test } from 'vitest';
import { z } from 'zod';
import { sql } from 'drizzle-orm';
import { Db, defineSignals, OnSignal, Service, type DeliveryContext } from '../src/index.ts';
import { harness } from './support/harness.ts';

const payment = defineSignals('payment', { completed: z.object({ id: z.number() }) });
@Service()
class Order {
  constructor(readonly db: Db) {}
  @OnSignal(payment.completed)
  async onPaymentCompleted({ id }: { id: number }, { tx }: DeliveryContext) {
    await (tx as unknown as { execute(q: unknown): Promise<unknown> }).execute(sql`insert into done values (${id})`);
  }
}
test('smoke', async () => {
  await using h = await harness({ services: [Order] });
  await h.sql`create table done(id int)`;
  const r = await h.db.transaction(async (tx) => payment.completed.emitReliable(tx, { id: 7 }));
  expect(r.deliveries).toBe(1);
  expect(await h.box.drain()).toEqual({ completed: 1, retrying: 0, dead: 0, cancelled: 0 });
  expect([...(await h.sql`select * from done`)]).toEqual([{ id: 7 }]);
  const worker = h.box.worker();
  const completed = h.box.next('delivery.completed');
  await worker.start();
  await h.db.transaction(async (tx) => {
    await payment.completed.emitReliable(tx, { id: 8 });
  });
  await completed;
  await worker.stop();
  await using i = await harness({ services: [Order], mode: 'immediate' });
  await i.sql`create table done(id int)`;
  await i.db.transaction(async (tx) => {
    await payment.completed.emitReliable(tx, { id: 9 });
  });
  expect([...(await i.sql`select * from done`)]).toEqual([{ id: 9 }]);
});
