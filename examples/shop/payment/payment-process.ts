// Payments from their start to their end. It imports no other module: who cares about a payment, it does not know.
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
   * Ends a payment and tells whoever listens: both happen, or neither.
   * @throws UnknownPayment, PaymentAlreadyEnded
   */
  async setStatus(id: number, { succeeded }: { succeeded: boolean }): Promise<void> {
    await this.db.transaction(async (tx) => {
      // Locked before the look at the status, or two webhooks at once would both find it initiated. NO KEY, because an
      // order that is being inserted with a reference to this row needs not wait for us.
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
