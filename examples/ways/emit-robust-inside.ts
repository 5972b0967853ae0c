// Way 4: `emitRobust` inside the transaction. Errors of receivers are caught, but receivers still run while the
// payment's transaction is open: a slow one keeps the row locked, and a message to another service remains after a
// rollback.
import 'reflect-metadata';
import { Db, type DeliveryContext, type DetachedDeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { AnalyticsClient } from '../shop/analytics/analytics-client.ts';
import { startStatisticsService } from '../shop/analytics/statistics-service.ts';
import { payment } from '../shop/payment/signals.ts';
import { completeOrder, markPaid, openFixture, say } from './fixture.ts';

const statistics = await startStatisticsService();
const client = new AnalyticsClient(statistics.url);

@Service()
class Payments {
  constructor(private readonly db: Db) {}

  async succeed(id: number): Promise<void> {
    await this.db.transaction(async (tx) => {
      await markPaid(tx, id);
      await payment.completed.emitRobust(tx, { paymentProcessId: id });
      // A later step of the transaction can still fail.
      throw new Error('the bookkeeping is closed');
    });
  }
}

@Service()
class Analytics {
  /** Calls a third-party service, which may be slow. */
  @OnSignal(payment.completed, { transactional: false })
  async report({ paymentProcessId }: PayloadOf<typeof payment.completed>, context: DetachedDeliveryContext): Promise<void> {
    await client.send({ paymentProcessId, amountCents: 1_000 }, context);
    say(
      `While the receiver runs, the payment's row is ${(await fixture.isLocked(paymentProcessId)) ? 'locked' : 'free'}: every other webhook for it waits.`,
    );
  }
}

@Service()
class Orders {
  @OnSignal(payment.completed)
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    await completeOrder(tx, paymentProcessId);
  }
}

const fixture = openFixture({ services: [Payments, Analytics, Orders] });
const paymentId = await fixture.placeOrder();
try {
  await fixture.box.get(Payments).succeed(paymentId);
} catch (error) {
  say(`Then the transaction rolled back (${(error as Error).message}). In the database: ${await fixture.statusOf(paymentId)}.`);
}
say(`The statistics service has counted ${statistics.total.count} payment that never succeeded.`);
await fixture.close();
await statistics.close();
