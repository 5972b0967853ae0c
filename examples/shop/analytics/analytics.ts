// Counts payments: once in our own database, where the count commits with the delivery, and once in a third-party
// service, which no transaction of ours reaches.
import { sql } from 'drizzle-orm';
import { type DeliveryContext, type DetachedDeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { PaymentProcesses } from '../payment/payment-process.ts';
import { payment } from '../payment/signals.ts';
import { AnalyticsClient } from './analytics-client.ts';
import { paymentCount } from './schema.ts';

@Service()
export class Analytics {
  constructor(
    private readonly payments: PaymentProcesses,
    private readonly client: AnalyticsClient,
  ) {}

  /** Adding one is not idempotent, and need not be: the writes of a receiver through `tx` take effect once. */
  @OnSignal(payment.completed)
  @OnSignal(payment.failed)
  async countPayment({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    const { status } = await this.payments.get(paymentProcessId);
    await tx
      .insert(paymentCount)
      .values({ status, count: 1 })
      .onConflictDoUpdate({ target: paymentCount.status, set: { count: sql`${paymentCount.count} + 1` } });
  }

  /** A network call may arrive although its answer is lost, so it is made at least once, with a stable key. */
  @OnSignal(payment.completed, { transactional: false, timeout: '10s', retry: { attempts: 4, delay: '200ms', factor: 2 } })
  async reportPayment(
    { paymentProcessId }: PayloadOf<typeof payment.completed>,
    { idempotencyKey, abortSignal }: DetachedDeliveryContext,
  ): Promise<void> {
    const { amountCents } = await this.payments.get(paymentProcessId);
    await this.client.send({ paymentProcessId, amountCents }, { idempotencyKey, abortSignal });
  }
}
