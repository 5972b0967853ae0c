// Way 1: the payment calls the order. Orders need payments, so the modules now need each other: they do not load, and
// when their imports are removed, the box cannot make their objects.
import 'reflect-metadata';
import { inject, provide, Service, Token } from 'signalbox';
import { completeOrder, db, markPaid, openFixture, say } from './fixture.ts';

// The first idea: two files, each with the other's class in its constructor.
const failure = await import('./circular/payments.ts').then(
  () => 'nothing',
  (error: Error) => `${error.name}: ${error.message}`,
);
say(`Loading the payment module throws: ${failure}`);

// The usual way out: no imports, but names that are resolved when the objects are made.
const ORDERS = new Token<Orders>('orders');
const PAYMENTS = new Token<Payments>('payments');

@Service()
class Payments {
  private readonly orders = inject(ORDERS);

  async succeed(id: number): Promise<void> {
    await db.transaction(async (tx) => {
      await markPaid(tx, id);
      await this.orders.complete(tx, id);
    });
  }
}

@Service()
class Orders {
  readonly payments = inject(PAYMENTS);

  async complete(tx: Pick<typeof db, 'update'>, paymentId: number): Promise<void> {
    await completeOrder(tx, paymentId);
  }
}

const fixture = openFixture({
  services: [Payments, Orders],
  providers: [
    provide(ORDERS, { useFactory: (orders) => orders, inject: [Orders] }),
    provide(PAYMENTS, { useFactory: (payments) => payments, inject: [Payments] }),
  ],
});
const paymentId = await fixture.placeOrder();
try {
  await fixture.box.get(Payments).succeed(paymentId);
} catch (error) {
  say(`Without imports, making the services throws: ${(error as Error).message}`);
}
say(`The customer has paid. In the database: ${await fixture.statusOf(paymentId)}.`);
await fixture.close();
