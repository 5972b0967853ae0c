// Payments from start to end. This module imports no other module, and does not know which of them care about a
// payment.
import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { Db, Service } from 'signalbox';
import { PaymentAlreadyEnded, UnknownPayment } from './errors.ts';
import { type PaymentProcess, paymentProcess } from './schema.ts';
import { payment } from './signals.ts';

@Service()
export class PaymentProcesses {
  constructor(private readonly db: Db) {}

  async start(amountCents: number): Promise<PaymentProcess> {
    const [started] = await this.db.insert(paymentProcess).values({ reference: randomUUID(), amountCents }).returning();
    return started!;
  }

  /** @throws UnknownPayment */
  async get(id: number): Promise<PaymentProcess> {
    const [found] = await this.db.select().from(paymentProcess).where(eq(paymentProcess.id, id));
    if (!found) throw new UnknownPayment(id);
    return found;
  }

  async findByReference(reference: string): Promise<PaymentProcess | undefined> {
    const [found] = await this.db.select().from(paymentProcess).where(eq(paymentProcess.reference, reference));
    return found;
  }

  /**
   * Ends a payment and emits its signal: both happen, or neither.
   * @throws UnknownPayment, PaymentAlreadyEnded
   */
  async setStatus(id: number, { succeeded }: { succeeded: boolean }): Promise<void> {
    await this.db.transaction(async (tx) => {
      // The row is locked before its status is read, or two concurrent webhooks would both find the payment initiated.
      // NO KEY, because the insert of an order that references this row need not wait for us.
      const [found] = await tx.select().from(paymentProcess).where(eq(paymentProcess.id, id)).for('no key update');
      if (!found) throw new UnknownPayment(id);
      if (found.status !== 'initiated') throw new PaymentAlreadyEnded(id, found.status);

      const status = succeeded ? 'succeeded' : 'failed';
      await tx.update(paymentProcess).set({ status }).where(eq(paymentProcess.id, id));
      const signal = succeeded ? payment.completed : payment.failed;
      await signal.emitReliable(tx, { paymentProcessId: id });
    });
  }
}
