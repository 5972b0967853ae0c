// Scenario two: the sender's transaction fails after the emit.
import { Ledger } from '../ledger.ts';
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';

export const rollsBack: Scenario<DemoEnvironment> = {
  title: '2. A rollback leaves nothing',
  proves: 'A signal whose transaction rolls back was never sent',
  async run(environment, { say, check }) {
    const { ledger, shop } = environment;
    const order = await environment.placeOrder('a bell');
    say(`Payment ${order.paymentProcessId} succeeds and payment.completed is emitted, but then the same transaction fails.`);
    const { db } = shop.box;
    const inside = new Ledger(db);
    let deliveriesInside = 0;
    const failed = await db
      .transaction(async () => {
        await environment.paymentSucceeds(order);
        deliveriesInside = (await inside.deliveries(order.paymentProcessId)).length;
        throw new Error('the bookkeeping failed');
      })
      .catch((error: Error) => error.message);
    check('inside the transaction there were four deliveries', deliveriesInside, 4);
    check('the transaction failed, and its caller got the error', failed, 'the bookkeeping failed');
    check('no emission is left', await ledger.emissions(order.paymentProcessId), []);
    check('no delivery is left, so a worker has nothing to run', await ledger.deliveries(order.paymentProcessId), []);
    check('the payment is as before', await ledger.paymentStatus(order.paymentProcessId), 'initiated');
    check('the order is as before', await ledger.orderStatus(order.paymentProcessId), 'pending');
  },
};
