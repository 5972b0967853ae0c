// Payments are counted correctly: in our database by a transaction, in the third-party service by a key that stays the
// same.
import { deliveryError, settled } from 'signalbox/schema';
import { expect, test } from 'vitest';
import { PaymentProcesses } from '../payment/payment-process.ts';
import { openShop, type TestShop } from '../test-shop.ts';
import { paymentCount } from './schema.ts';
import type { Failure } from './statistics-service.ts';

async function endPayment(shop: TestShop, { succeeded }: { succeeded: boolean }): Promise<void> {
  const payments = shop.box.get(PaymentProcesses);
  const { id } = await payments.start(1_000);
  await payments.setStatus(id, { succeeded });
}

test('each payment is counted once, by how it ended', async () => {
  await using shop = await openShop();
  await endPayment(shop, { succeeded: true });
  await endPayment(shop, { succeeded: true });
  await endPayment(shop, { succeeded: false });
  expect(await shop.db.select().from(paymentCount).orderBy(paymentCount.status)).toEqual([
    { status: 'failed', count: 1 },
    { status: 'succeeded', count: 2 },
  ]);
  expect(shop.statistics.total).toEqual({ count: 2, amountCents: 2_000 });
});

const trouble: Failure[][] = [['before counting', 'before counting'], ['after counting'], ['before counting', 'after counting']];

test.each(trouble.map((failures) => ({ failures })))('a report that fails $failures is sent again with its key', async ({ failures }) => {
  await using shop = await openShop({ onFailure: 'collect' });
  shop.statistics.failNext(...failures);
  await endPayment(shop, { succeeded: true });
  expect(await shop.box.drain({ ahead: '1m' })).toMatchObject({ completed: 1, retrying: failures.length - 1 });
  expect(shop.statistics.requests).toHaveLength(failures.length + 1);
  expect(new Set(shop.statistics.requests).size).toBe(1);
  expect(shop.statistics.total).toEqual({ count: 1, amountCents: 1_000 });
  expect(await shop.db.$count(deliveryError)).toBe(failures.length);
});

test('two payments have two keys', async () => {
  await using shop = await openShop();
  await endPayment(shop, { succeeded: true });
  await endPayment(shop, { succeeded: true });
  expect(new Set(shop.statistics.requests).size).toBe(2);
});

test('a report that never succeeds ends dead, and harms no other delivery', async () => {
  await using shop = await openShop({ onFailure: 'collect' });
  shop.statistics.failNext(...Array<Failure>(4).fill('before counting'));
  await endPayment(shop, { succeeded: true });
  await shop.box.drain({ ahead: '1m' });
  const states = await shop.db.select({ state: settled.state, attempt: settled.attempt }).from(settled).orderBy(settled.state);
  expect(states).toEqual([
    { state: 'completed', attempt: 1 },
    { state: 'completed', attempt: 1 },
    { state: 'dead', attempt: 4 },
  ]);
  expect(await shop.db.select().from(paymentCount)).toEqual([{ status: 'succeeded', count: 1 }]);
});
