// Way 6: `emitReliable` inside the transaction. The signal is a row that commits with the payment or not at all, and the
// receiver runs later, in a transaction of its own. This program repeats every fault that broke the other ways.
import 'reflect-metadata';
import { Db, type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { emission } from 'signalbox/schema';
import { dieWithParent } from '../demo/leash.ts';
import { startProgram } from '../demo/program.ts';
import { payment } from '../shop/payment/signals.ts';
import { completeOrder, db, markPaid, openFixture, say } from './fixture.ts';

@Service()
class Payments {
  constructor(private readonly db: Db) {}

  async succeed(id: number, bookkeep: () => void = () => {}): Promise<void> {
    await this.db.transaction(async (tx) => {
      await markPaid(tx, id);
      await payment.completed.emitReliable(tx, { paymentProcessId: id });
      bookkeep();
    });
  }
}

@Service()
class Orders {
  @OnSignal(payment.completed, { retry: { attempts: 2, delay: '1ms' } })
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx, attempt }: DeliveryContext): Promise<void> {
    await completeOrder(tx, paymentProcessId);
    if (attempt > 1) return;
    say(`While the receiver runs, the payment's row is ${(await fixture.isLocked(paymentProcessId)) ? 'locked' : 'free'}.`);
    throw new Error('the order has no address yet');
  }
}

const fixture = openFixture({ services: [Payments, Orders] });
const payments = fixture.box.get(Payments);
const [victim] = process.argv.slice(2);
if (victim) {
  // This process is killed as soon as it has committed.
  const leash = dieWithParent();
  await payments.succeed(Number(victim));
  leash.tell('committed');
  await new Promise<never>(() => {});
}

const refused = await fixture.placeOrder();
const refuse = (): never => {
  throw new Error('the bookkeeping is closed');
};
await payments.succeed(refused, refuse).catch(() => {});

const killed = await fixture.placeOrder();
const sender = startProgram(import.meta.url, {}, [String(killed)]);
await sender.says('committed');
await sender.kill();
say(`Killed after its COMMIT: ${await fixture.statusOf(killed)}.`);

// Does the work of a worker, once.
const { retrying, completed } = await fixture.box.drain({ ahead: '1m' });
say(`A worker ran the delivery: ${retrying} run failed, ${completed} completed it. Now: ${await fixture.statusOf(killed)}.`);
say(`Rolled back: ${await fixture.statusOf(refused)}. Of the 2 emits, ${await db.$count(emission)} is stored.`);
await fixture.close();
