// The common ground of all ways: the tables of the shop, orders that wait for their payments, and a second connection,
// which sees only committed data. DATABASE_URL names a database with the shop's migrations.
import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { createSignalbox, type Signalbox, type SignalboxOptions } from 'signalbox';
import { orders } from '../shop/order/schema.ts';
import { paymentProcess } from '../shop/payment/schema.ts';
import { db } from '../shop/database.ts';

export { db };

export interface WaysFixture {
  readonly box: Signalbox<typeof db>;
  /** Places an order. Returns the id of the payment that it waits for. */
  placeOrder(): Promise<number>;
  /** The status of a payment and its order, as another connection reads it: `payment initiated, order pending`. */
  statusOf(paymentId: number): Promise<string>;
  /** Whether another connection would have to wait for the payment's row now. */
  isLocked(paymentId: number): Promise<boolean>;
  close(): Promise<void>;
}

/** @param options services of the box (a sender and its receivers), and providers of other things that these inject */
export function openFixture(options: Pick<SignalboxOptions, 'services' | 'providers'>): WaysFixture {
  const box = createSignalbox({ ...options, db, log: false });
  const outside = postgres(process.env['DATABASE_URL']!, { max: 1 });
  return {
    box,
    placeOrder: async () => {
      const started = await db.insert(paymentProcess).values({ reference: randomUUID(), amountCents: 1_000 }).returning();
      const paymentProcessId = started[0]!.id;
      await db.insert(orders).values({ item: 'a signal box', paymentProcessId });
      return paymentProcessId;
    },
    statusOf: async (paymentId) => {
      const [found] = await outside<{ payment: string; order: string }[]>`
        select p.status as payment, o.status as order from payment_process p join orders o on o.payment_process_id = p.id
        where p.id = ${paymentId}`;
      return `payment ${found!.payment}, order ${found!.order}`;
    },
    isLocked: async (paymentId) => {
      try {
        await outside`select from payment_process where id = ${paymentId} for update nowait`;
        return false;
      } catch (error) {
        if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return true;
        throw error;
      }
    },
    close: async () => {
      await box.close();
      await outside.end();
      await db.$client.end();
    },
  };
}

const LOCK_NOT_AVAILABLE = '55P03';

type Handle = Pick<typeof db, 'update'>;

/** Records that the provider has charged the customer: the first step of every way. */
export async function markPaid(tx: Handle, id: number): Promise<void> {
  await tx.update(paymentProcess).set({ status: 'succeeded' }).where(eq(paymentProcess.id, id));
}

/** Completes the payment's order: the goal of every way. */
export async function completeOrder(tx: Handle, paymentProcessId: number): Promise<void> {
  await tx.update(orders).set({ status: 'completed' }).where(eq(orders.paymentProcessId, paymentProcessId));
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
