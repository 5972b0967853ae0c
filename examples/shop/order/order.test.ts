// Orders follow their payments: by signal, and by reconcile() when a signal is missing.
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { PaymentProcesses } from '../payment/payment-process.ts';
import { paymentProcess } from '../payment/schema.ts';
import { payment } from '../payment/signals.ts';
import { openShop, type TestShop } from '../test-shop.ts';
import { Order } from './order.ts';
import { orders } from './schema.ts';

const statusOf = async ({ db }: TestShop, id: number) => (await db.select().from(orders).where(eq(orders.id, id)))[0]?.status;

/** Changes the status without an emit, as a bug would. */
async function succeedInSilence({ db }: TestShop, paymentProcessId: number): Promise<void> {
  await db.update(paymentProcess).set({ status: 'succeeded' }).where(eq(paymentProcess.id, paymentProcessId));
}

test.each([
  { succeeded: true, status: 'completed' },
  { succeeded: false, status: 'cancelled' },
])('an order is $status when its payment ends with succeeded: $succeeded', async ({ succeeded, status }) => {
  await using shop = await openShop();
  const order = await shop.box.get(Order).place('a signal box', 1_000);
  expect(order.status).toBe('pending');
  await shop.box.get(PaymentProcesses).setStatus(order.paymentProcessId, { succeeded });
  expect(await statusOf(shop, order.id)).toBe(status);
});

test('an order that cannot be placed starts no payment', async () => {
  await using shop = await openShop();
  const tooMuch = 2 ** 40;
  await expect(shop.box.get(Order).place('a railway', tooMuch)).rejects.toThrow();
  const itemMissing: string = null!;
  await expect(shop.box.get(Order).place(itemMissing, 1_000)).rejects.toThrow();
  expect(await shop.db.$count(paymentProcess)).toBe(0);
});

test('a payment that belongs to no order changes no order', async () => {
  await using shop = await openShop();
  const order = await shop.box.get(Order).place('a signal box', 1_000);
  const { id } = await shop.box.get(PaymentProcesses).start(500);
  await shop.box.get(PaymentProcesses).setStatus(id, { succeeded: true });
  expect(await statusOf(shop, order.id)).toBe('pending');
});

test('a signal that comes twice, or too early, changes no order', async () => {
  await using shop = await openShop();
  const order = await shop.box.get(Order).place('a signal box', 1_000);
  const { paymentProcessId } = order;
  await shop.db.transaction(async (tx) => payment.completed.emitReliable(tx, { paymentProcessId }));
  expect(await statusOf(shop, order.id)).toBe('pending');
  await shop.box.get(PaymentProcesses).setStatus(paymentProcessId, { succeeded: true });
  await shop.db.transaction(async (tx) => payment.failed.emitReliable(tx, { paymentProcessId }));
  expect(await statusOf(shop, order.id)).toBe('completed');
});

test('reconcile moves the orders whose payment has ended without a signal, and no others', async () => {
  await using shop = await openShop();
  const service = shop.box.get(Order);
  const forgotten = await service.place('a signal box', 1_000);
  const waiting = await service.place('a lever', 500);
  const done = await service.place('a lamp', 200);
  await shop.box.get(PaymentProcesses).setStatus(done.paymentProcessId, { succeeded: false });
  await succeedInSilence(shop, forgotten.paymentProcessId);
  expect(await service.reconcile()).toEqual([forgotten.id]);
  expect(await statusOf(shop, forgotten.id)).toBe('completed');
  expect(await statusOf(shop, waiting.id)).toBe('pending');
  expect(await statusOf(shop, done.id)).toBe('cancelled');
  expect(await service.reconcile()).toEqual([]);
});
