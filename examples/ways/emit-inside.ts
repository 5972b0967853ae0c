// Way 3: `emit` inside the transaction. The receiver is called at once, in the payment's transaction, so its error is
// the payment's error: a mistake in any receiving module undoes the payment of a charged customer.
import 'reflect-metadata';
import { Db, OnSignal, type PayloadOf, Service } from 'signalbox';
import { payment } from '../shop/payment/signals.ts';
import { markPaid, openFixture, say } from './fixture.ts';

@Service()
class Payments {
  constructor(private readonly db: Db) {}

  async succeed(id: number): Promise<void> {
    await this.db.transaction(async (tx) => {
      await markPaid(tx, id);
      await payment.completed.emit(tx, { paymentProcessId: id });
    });
  }
}

@Service()
class Orders {
  @OnSignal(payment.completed)
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>): Promise<void> {
    throw new Error(`the order of payment ${paymentProcessId} has no address`);
  }
}

const fixture = openFixture({ services: [Payments, Orders] });
const paymentId = await fixture.placeOrder();
try {
  await fixture.box.get(Payments).succeed(paymentId);
  say('The payment succeeded.');
} catch (error) {
  say(`The payment failed, with the error of the order: ${(error as Error).message}`);
}
say(`The customer has paid. In the database: ${await fixture.statusOf(paymentId)}.`);
await fixture.close();
