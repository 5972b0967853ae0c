// Orders wait for their payment. A signal tells them that the payment has ended; reconcile() is the safety net below
// it.
import { and, asc, eq, ne } from 'drizzle-orm';
import { Db, type DeliveryContext, OnSignal, type PayloadOf, type RegisteredTransaction, Service, Transactional } from 'signalbox';
import { PaymentProcesses } from '../payment/payment-process.ts';
import { paymentProcess } from '../payment/schema.ts';
import { payment } from '../payment/signals.ts';
import { type OrderRow, orders } from './schema.ts';

@Service()
export class Order {
  constructor(
    private readonly db: Db,
    private readonly payments: PaymentProcesses,
  ) {}

  /** Places an order and starts its payment, in one transaction: `Db` is that transaction in both services. */
  @Transactional()
  async place(item: string, amountCents: number): Promise<OrderRow> {
    const { id: paymentProcessId } = await this.payments.start(amountCents);
    const [placed] = await this.db.insert(orders).values({ item, paymentProcessId }).returning();
    return placed!;
  }

  @OnSignal(payment.completed)
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    await this.followPayment(tx, paymentProcessId);
  }

  @OnSignal(payment.failed)
  async onPaymentFailed({ paymentProcessId }: PayloadOf<typeof payment.failed>, { tx }: DeliveryContext): Promise<void> {
    await this.followPayment(tx, paymentProcessId);
  }

  /**
   * Updates the orders that are still pending although their payment has ended, because a signal was not sent or not
   * received (a bug, a restored backup). Run this now and then. Returns the ids of the orders that it found.
   */
  async reconcile(): Promise<number[]> {
    const left = await this.db
      .select({ id: orders.id, paymentProcessId: orders.paymentProcessId })
      .from(orders)
      .innerJoin(paymentProcess, eq(paymentProcess.id, orders.paymentProcessId))
      .where(and(eq(orders.status, 'pending'), ne(paymentProcess.status, 'initiated')))
      .orderBy(asc(orders.id));
    for (const { paymentProcessId } of left) await this.db.transaction((tx) => this.followPayment(tx, paymentProcessId));
    return left.map(({ id }) => id);
  }

  private async followPayment(tx: RegisteredTransaction, paymentProcessId: number): Promise<void> {
    const [order] = await tx.select().from(orders).where(eq(orders.paymentProcessId, paymentProcessId)).for('no key update');
    // The payment belongs to no order.
    if (!order) return;
    // Updated already: by reconcile, or by an earlier signal.
    if (order.status !== 'pending') return;
    // The signal says that something happened; the current state is in the database.
    const { status } = await this.payments.get(paymentProcessId);
    if (status === 'initiated') return;
    await tx
      .update(orders)
      .set({ status: status === 'succeeded' ? 'completed' : 'cancelled' })
      .where(eq(orders.id, order.id));
  }
}
