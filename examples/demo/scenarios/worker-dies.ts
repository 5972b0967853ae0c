// Scenario five: a worker is killed in the middle of a receiver that has written its effect but not returned.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { WORKER_OPTIONS } from '../timing.ts';
import { until } from '../wait.ts';

const SHIPPING = 'Shipping.onPaymentCompleted';

export const workerDies: Scenario<DemoEnvironment> = {
  title: '5. The worker is killed in the middle of a receiver',
  proves: "Another worker finishes a dead worker's delivery, and its effect is there once",
  async run(environment, { say, check }) {
    const { ledger } = environment;
    const order = await environment.placeOrder('a locomotive');
    const callsBefore = await ledger.shippingCalls();
    say('The shipping receiver books a parcel. A gate (a lock that the demo holds) stops the receiver before it returns.');
    const openGate = await environment.shutGate();
    await environment.paymentSucceeds(order);
    await until('shipping waits at the gate', async () => (await ledger.waitingAtGate()) === 1);
    const { id } = (await ledger.delivery(order.paymentProcessId, SHIPPING))!;
    const victim = environment.worker;
    check('the worker is in the middle of the receiver', (await ledger.runBy(id))?.endsWith(`:${victim.pid}`), true);

    say(`kill -9 ${victim.pid}`);
    await victim.kill();
    check('the unfinished work is not visible: no parcel', await ledger.parcels(order.paymentProcessId), 0);
    check(
      'the delivery still counts as running, claimed by the dead worker',
      (await ledger.delivery(order.paymentProcessId, SHIPPING))?.state,
      'running',
    );

    const killedAt = performance.now();
    const { pid } = await environment.startWorker();
    await openGate();
    say(`Worker ${pid} starts, and the gate opens. The worker takes over when the dead worker's lease has expired,`);
    say(`after ${WORKER_OPTIONS.lease} in this demo, so that you need not wait; the default is 10 s.`);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));
    say(`Done ${((performance.now() - killedAt) / 1_000).toFixed(1)} s after the kill.`);
    const { state, crashes, attempt } = (await ledger.delivery(order.paymentProcessId, SHIPPING))!;
    check(
      'the delivery is completed, after one crash, which cost no attempt',
      { state, crashes, attempt },
      { state: 'completed', crashes: 1, attempt: 1 },
    );
    check('the receiver was called twice', (await ledger.shippingCalls()) - callsBefore, 2);
    check('but there is one parcel', await ledger.parcels(order.paymentProcessId), 1);
    check('the order is completed', await ledger.orderStatus(order.paymentProcessId), 'completed');
  },
};
