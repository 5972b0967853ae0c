// Scenario three: the sender's process is killed, once just before its COMMIT and once just after it.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

export const senderDiesBeforeCommit: Scenario<DemoEnvironment> = {
  title: '3. The sender is killed before its COMMIT',
  proves: 'A sender that dies before its COMMIT has sent no signal',
  async run(environment, { say, check }) {
    const { ledger } = environment;
    const order = await environment.placeOrder('a lever');
    say("Another process takes the provider's call. It marks the payment as succeeded, emits, and gets stuck.");
    const sender = await environment.stuckSender(order, 'before');
    check('the transaction of that process is open in the database', await ledger.idleTransactions(), 1);
    say(`kill -9 ${sender.pid}`);
    await sender.kill();
    await until('the database notices', async () => (await ledger.idleTransactions()) === 0);
    check('no emission is left', await ledger.emissions(order.paymentProcessId), []);
    check(
      "the payment is as before, so the provider's next call can repeat the work",
      await ledger.paymentStatus(order.paymentProcessId),
      'initiated',
    );
    check('the order is as before', await ledger.orderStatus(order.paymentProcessId), 'pending');

    say('The provider, which got no answer, calls again.');
    await environment.paymentSucceeds(order);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));
    check('now the order is completed', await ledger.orderStatus(order.paymentProcessId), 'completed');
  },
};

export const senderDiesAfterCommit: Scenario<DemoEnvironment> = {
  title: '4. The sender is killed after its COMMIT',
  proves: 'A sender that dies right after its COMMIT has sent the signal',
  async run(environment, { say, check }) {
    const { ledger } = environment;
    say('The worker is stopped (SIGTERM), so that no receiver can run before the sender is dead.');
    check('the worker finished its receivers and exited by itself, with exit code 0', await environment.worker.stop(), 0);
    const order = await environment.placeOrder('a signal');
    say("A process takes the provider's call, commits, and is killed before it can do anything else.");
    const sender = await environment.stuckSender(order, 'after');
    await sender.kill();
    say('(Work that code does "after the commit" would be lost here: charged, but never fulfilled.)');
    check('the payment has succeeded', await ledger.paymentStatus(order.paymentProcessId), 'succeeded');
    check('the order has not been completed yet', await ledger.orderStatus(order.paymentProcessId), 'pending');
    check("the order's delivery is ready", (await ledger.delivery(order.paymentProcessId, 'Order.onPaymentCompleted'))?.state, 'ready');

    say('A new worker starts.');
    await environment.startWorker();
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));
    check('the order is completed', await ledger.orderStatus(order.paymentProcessId), 'completed');
  },
};
