// Scenario one: nothing fails.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

export const completes: Scenario<DemoEnvironment> = {
  title: '1. An order completes after its payment',
  proves: 'After the commit, every receiver runs, in another process',
  async run(environment, { say, show, check }) {
    const { ledger } = environment;
    say('A worker starts, in a process of its own.');
    const { pid } = await environment.startWorker();
    const order = await environment.placeOrder('a lamp');
    say(`Order ${order.orderId} is placed and waits for payment ${order.paymentProcessId}.`);
    check('the order is pending', await ledger.orderStatus(order.paymentProcessId), 'pending');

    say('The payment provider calls: the payment has succeeded. In one transaction, the payment module records that and');
    say('emits payment.completed. That module imports nothing of orders, statistics or shipping.');
    const emittedAt = performance.now();
    await environment.paymentSucceeds(order);
    await until('the order completes', async () => (await ledger.orderStatus(order.paymentProcessId)) === 'completed');
    say(`${Math.round(performance.now() - emittedAt)} ms later, process ${pid} has completed the order.`);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));
    for (const [receiver, state] of Object.entries(await ledger.states(order.paymentProcessId))) show(`${receiver.padEnd(28)} ${state}`);
    check('the payment has succeeded', await ledger.paymentStatus(order.paymentProcessId), 'succeeded');
    check('the order is completed', await ledger.orderStatus(order.paymentProcessId), 'completed');
    check('each of the four receivers has completed its own delivery', await ledger.states(order.paymentProcessId), {
      'Analytics.countPayment': 'completed',
      'Analytics.reportPayment': 'completed',
      'Order.onPaymentCompleted': 'completed',
      'Shipping.onPaymentCompleted': 'completed',
    });
  },
};
