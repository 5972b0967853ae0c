// Scenario five: a worker is killed in the middle of a receiver, which has written its effect but not returned.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { WORKER_OPTIONS } from '../timing.ts';
import { until } from '../wait.ts';

const SHIPPING = 'Shipping.onPaymentCompleted';

export const workerDies: Scenario<DemoEnvironment> = {
  title: '5. The worker is killed in the middle of a receiver',
  proves: "A dead worker's delivery is finished by another, its effect is there once",
  async run(environment, { say, check }) {
    const { ledger } = environment;
    const order = await environment.placeOrder('a locomotive');
    const callsBefore = await ledger.shippingCalls();
    say('The shipping receiver books a parcel. A gate (a lock that the demo holds) stops it before it returns.');
    const openGate = await environment.shutGate();
    await environment.paymentSucceeds(order);
    await until('shipping stands at the gate', async () => (await ledger.waitingAtGate()) === 1);
    const { id } = (await ledger.delivery(order.paymentProcessId, SHIPPING))!;
    const victim = environment.worker;
    check('the worker is in the middle of it', (await ledger.runBy(id))?.endsWith(`:${victim.pid}`), true);

    say(`kill -9 ${victim.pid}`);
    await victim.kill();
    check('the half-done work is not to be seen: no parcel', await ledger.parcels(order.paymentProcessId), 0);
    check(
      'the delivery still counts as running, in the hands of the dead',
      (await ledger.delivery(order.paymentProcessId, SHIPPING))?.state,
      'running',
    );

    const killedAt = performance.now();
    const { pid } = await environment.startWorker();
    await openGate();
    say(`Worker ${pid} is started, and the gate is opened. It takes over once the dead worker's lease is over:`);
    say(`${WORKER_OPTIONS.lease} in this demo, so that you need not wait; 10 s unless told otherwise.`);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));
    say(`Done ${((performance.now() - killedAt) / 1_000).toFixed(1)} s after the kill.`);
    const { state, crashes, attempt } = (await ledger.delivery(order.paymentProcessId, SHIPPING))!;
    check(
      'the delivery is completed, after one crash, which cost it no attempt',
      { state, crashes, attempt },
      { state: 'completed', crashes: 1, attempt: 1 },
    );
    check('the receiver was called twice', (await ledger.shippingCalls()) - callsBefore, 2);
    check('but there is one parcel', await ledger.parcels(order.paymentProcessId), 1);
    check('the order is completed', await ledger.orderStatus(order.paymentProcessId), 'completed');
  },
};
