// The payment module on its own, without any other module of the shop.
import { emission } from 'signalbox/schema';
import { describe, expect, test } from 'vitest';
import { openShop, type TestShop } from '../test-shop.ts';
import { PaymentAlreadyEnded, UnknownPayment } from './errors.ts';
import { PaymentProcesses } from './payment-process.ts';
import { PaymentWebhook } from './webhook.ts';

const services = [PaymentProcesses, PaymentWebhook];

const emissionsOf = ({ db }: TestShop) => db.select({ signal: emission.signal, payload: emission.payload }).from(emission);

describe('setStatus', () => {
  test.each([
    { succeeded: true, status: 'succeeded', signal: 'payment.completed' },
    { succeeded: false, status: 'failed', signal: 'payment.failed' },
  ])('ends the payment as $status and emits $signal with its id', async ({ succeeded, status, signal }) => {
    await using shop = await openShop({ services });
    const payments = shop.box.get(PaymentProcesses);
    const { id } = await payments.start(1_000);
    await payments.setStatus(id, { succeeded });
    expect(await payments.get(id)).toMatchObject({ status, amountCents: 1_000 });
    expect(await emissionsOf(shop)).toEqual([{ signal, payload: { paymentProcessId: id } }]);
  });

  test('refuses a payment that has ended, and emits nothing for it', async () => {
    await using shop = await openShop({ services });
    const payments = shop.box.get(PaymentProcesses);
    const { id } = await payments.start(1_000);
    await payments.setStatus(id, { succeeded: false });
    await expect(payments.setStatus(id, { succeeded: true })).rejects.toThrow(PaymentAlreadyEnded);
    expect(await payments.get(id)).toMatchObject({ status: 'failed' });
    expect(await emissionsOf(shop)).toHaveLength(1);
  });

  test('refuses a payment that does not exist', async () => {
    await using shop = await openShop({ services });
    await expect(shop.box.get(PaymentProcesses).setStatus(404, { succeeded: true })).rejects.toThrow(UnknownPayment);
  });

  test('leaves nothing behind when the transaction around it rolls back', async () => {
    await using shop = await openShop({ services });
    const payments = shop.box.get(PaymentProcesses);
    const { id } = await payments.start(1_000);
    const attempt = shop.box.db.transaction(async () => {
      await payments.setStatus(id, { succeeded: true });
      throw new Error('the bookkeeping failed');
    });
    await expect(attempt).rejects.toThrow('the bookkeeping failed');
    expect(await payments.get(id)).toMatchObject({ status: 'initiated' });
    expect(await emissionsOf(shop)).toEqual([]);
  });
});

describe('the webhook', () => {
  test('answers 200 to a repeated call, and emits once', async () => {
    await using shop = await openShop({ services });
    const { reference } = await shop.box.get(PaymentProcesses).start(1_000);
    const webhook = shop.box.get(PaymentWebhook);
    expect(await webhook.receive({ reference, outcome: 'succeeded' })).toBe(200);
    expect(await webhook.receive({ reference, outcome: 'succeeded' })).toBe(200);
    expect(await emissionsOf(shop)).toHaveLength(1);
  });

  test('emits once, even if many equal calls come at the same time', async () => {
    await using shop = await openShop({ services });
    const { reference } = await shop.box.get(PaymentProcesses).start(1_000);
    const webhook = shop.box.get(PaymentWebhook);
    const calls = Array.from({ length: 8 }, () => webhook.receive({ reference, outcome: 'succeeded' }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(await emissionsOf(shop)).toHaveLength(1);
  });

  test('answers 409 to a call that contradicts the first', async () => {
    await using shop = await openShop({ services });
    const { id, reference } = await shop.box.get(PaymentProcesses).start(1_000);
    const webhook = shop.box.get(PaymentWebhook);
    expect(await webhook.receive({ reference, outcome: 'succeeded' })).toBe(200);
    expect(await webhook.receive({ reference, outcome: 'failed' })).toBe(409);
    expect(await shop.box.get(PaymentProcesses).get(id)).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    { what: 'an unknown payment', status: 404, body: { reference: 'nobody', outcome: 'succeeded' } },
    { what: 'an unknown outcome', status: 400, body: { reference: 'nobody', outcome: 'perhaps' } },
    { what: 'an empty call', status: 400, body: undefined },
  ])('answers $status to $what, and emits nothing', async ({ body, status }) => {
    await using shop = await openShop({ services });
    expect(await shop.box.get(PaymentWebhook).receive(body)).toBe(status);
    expect(await emissionsOf(shop)).toEqual([]);
  });
});
