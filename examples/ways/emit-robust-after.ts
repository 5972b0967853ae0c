// Way 5: `emitRobust` after the transaction, by hand or by `afterCommit`. Nothing is locked and nothing can roll back any
// more, but the signal exists only in the memory of a process; this process is killed between the COMMIT and the call.
import 'reflect-metadata';
import { Db, type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { dieWithParent } from '../demo/leash.ts';
import { startProgram } from '../demo/program.ts';
import { payment } from '../shop/payment/signals.ts';
import { completeOrder, markPaid, openFixture, say } from './fixture.ts';

@Service()
class Payments {
  constructor(private readonly db: Db) {}

  async succeed(id: number, between: () => Promise<void>): Promise<void> {
    await this.db.transaction(async (tx) => markPaid(tx, id));
    await between();
    await payment.completed.emitRobust(this.db, { paymentProcessId: id });
  }

  async succeedWithHook(id: number, between: () => Promise<void>): Promise<void> {
    await this.db.transaction(async (tx) => {
      await markPaid(tx, id);
      fixture.box.afterCommit(tx, between);
      fixture.box.afterCommit(tx, () => payment.completed.emitRobust(this.db, { paymentProcessId: id }));
    });
  }
}

@Service()
class Orders {
  @OnSignal(payment.completed)
  async onPaymentCompleted({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    await completeOrder(tx, paymentProcessId);
  }
}

const fixture = openFixture({ services: [Payments, Orders] });
const payments = fixture.box.get(Payments);
const ways = { 'by hand': 'succeed', 'by afterCommit': 'succeedWithHook' } as const;

const [way, id] = process.argv.slice(2) as [keyof typeof ways, string] | [];
if (way) {
  // This process reports that it has committed, and is killed there.
  const leash = dieWithParent();
  await payments[ways[way]](Number(id), async () => {
    leash.tell('committed');
    await new Promise<never>(() => {});
  });
} else {
  for (const [name, method] of Object.entries(ways)) {
    const undisturbed = await fixture.placeOrder();
    await payments[method](undisturbed, async () => {});
    const killed = await fixture.placeOrder();
    const sender = startProgram(import.meta.url, {}, [name, String(killed)]);
    await sender.says('committed');
    await sender.kill();
    say(`${name}, undisturbed: ${await fixture.statusOf(undisturbed)}. Killed after its COMMIT: ${await fixture.statusOf(killed)}.`);
  }
  say('Nothing in the database says that an order must be completed. A restarted process finds nothing to do.');
}
await fixture.close();
