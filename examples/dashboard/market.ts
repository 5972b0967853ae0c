// A market in seven modules, for the dashboard to show: customers check out, payments come in, orders are packed and sent. Some of it fails as
// such things do: a mail server that hangs, addresses that do not exist, a fraud service that is down now and then.
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { createSignalbox, defineSignals, RetryAfter, type Signalbox, Unrecoverable } from 'signalbox';
import { z } from 'zod';

const customer = z.object({ email: z.string(), country: z.string() });
const ordered = z.object({ orderId: z.number().int(), cents: z.number().int(), customer });

export const cart = defineSignals('cart', { checkedOut: ordered });
export const payment = defineSignals('payment', { completed: ordered, failed: ordered });
export const order = defineSignals('order', { placed: ordered, cancelled: ordered });
export const stock = defineSignals('stock', { reserved: ordered, ranOut: ordered });
export const parcel = defineSignals('parcel', { sent: ordered });

export type Ordered = z.infer<typeof ordered>;

type Db = PostgresJsDatabase;

class MailServerTimeout extends Error {
  override readonly name = 'MailServerTimeout';
}

class AddressUnknown extends Error {
  override readonly name = 'AddressUnknown';
}

const taking = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms * (0.4 + Math.random() * 1.4)));
const sometimes = (share: number): boolean => Math.random() < share;

/** @param mended whether the mail server and the addresses are in order */
export function openMarket(db: Db, isMended: () => boolean = () => false): Signalbox<Db> {
  const box = createSignalbox({ db, log: false, redact: { payload: ['customer.email'], errors: 'none' } });
  const { receivers } = box;

  receivers.connect(
    cart.checkedOut,
    async (paid, { tx }) => {
      await taking(30);
      await (sometimes(0.06) ? payment.failed : payment.completed).emitReliable(tx, paid);
    },
    { name: 'Payments.onCheckout', priority: 10 },
  );
  receivers.connect(cart.checkedOut, async () => taking(4), { name: 'Analytics.onCheckout', queue: 'slow' });

  receivers.connect(
    payment.completed,
    async (paid, { tx }) => {
      await taking(8);
      await order.placed.emitReliable(tx, paid);
    },
    { name: 'Orders.onPaymentCompleted', priority: 10 },
  );
  receivers.connect(
    payment.completed,
    async ({ cents }) => {
      await taking(60);
      if (sometimes(0.03)) throw new RetryAfter('20s');
      if (cents % 97 === 0 && !isMended()) throw new Error(`The fraud service answered 503 for ${cents} cents.`);
    },
    { name: 'Fraud.score', transactional: false },
  );
  receivers.connect(
    payment.failed,
    async (paid, { tx }) => {
      await order.cancelled.emitReliable(tx, paid);
    },
    { name: 'Orders.onPaymentFailed' },
  );
  receivers.connect(payment.completed, async () => taking(5), { name: 'Analytics.onPaymentCompleted', queue: 'slow' });

  receivers.connect(
    order.placed,
    async (placed, { tx }) => {
      await taking(12);
      await (sometimes(0.04) ? stock.ranOut : stock.reserved).emitReliable(tx, placed);
    },
    { name: 'Stock.reserve' },
  );
  receivers.connect(
    order.placed,
    async ({ orderId }) => {
      await taking(90);
      if (orderId % 11 === 0 && !isMended()) throw new MailServerTimeout(`smtp.example.com did not answer within 10 s (order ${orderId}).`);
    },
    { name: 'Mail.sendConfirmation', queue: 'mail', transactional: false, retry: { attempts: 3, delay: '2s' } },
  );
  receivers.connect(order.cancelled, async () => taking(40), { name: 'Mail.sendApology', queue: 'mail', transactional: false });

  receivers.connect(
    stock.reserved,
    async (reserved, { tx }) => {
      await taking(25);
      if (reserved.orderId % 17 === 0 && !isMended())
        throw new Unrecoverable('The parcel cannot be sent.', {
          cause: new AddressUnknown(`The carrier knows no such address in ${reserved.customer.country}: order ${reserved.orderId}.`),
        });
      await parcel.sent.emitReliable(tx, reserved);
    },
    { name: 'Shipping.pack' },
  );
  receivers.connect(stock.ranOut, async () => taking(10), { name: 'Orders.onStockRanOut' });
  receivers.connect(parcel.sent, async () => taking(50), { name: 'Mail.sendTracking', queue: 'mail', transactional: false });
  receivers.connect(parcel.sent, async () => taking(6), { name: 'Loyalty.addPoints' });
  return box;
}
