// Scenario seven: a receiver that fails whenever it is tried.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

/** As reportPayment says it in its retry options. */
const ATTEMPTS = 4;

export const endsDead: Scenario<DemoEnvironment> = {
  title: '7. A receiver fails until its attempts are spent',
  proves: 'What cannot be done ends dead, with all its errors, and hurts nobody else',
  async run(environment, { say, show, check }) {
    const { ledger, statistics } = environment;
    say(`The statistics service is down for good. The report may be tried ${ATTEMPTS} times.`);
    const order = await environment.placeOrder('a whistle');
    statistics.failNext(...Array<'before counting'>(ATTEMPTS).fill('before counting'));
    await environment.paymentSucceeds(order);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));

    const { id, state, attempt } = (await ledger.delivery(order.paymentProcessId, 'Analytics.reportPayment'))!;
    const errors = await ledger.errors(id);
    say('The table signalbox.delivery_error tells its history:');
    for (const error of errors) show(`${error.at.toISOString()}  attempt ${error.attempt}  ${error.message}`);
    check(`the report is dead after ${ATTEMPTS} attempts`, { state, attempt }, { state: 'dead', attempt: ATTEMPTS });
    check(
      'each attempt left its error',
      errors.map((error) => error.attempt),
      [1, 2, 3, 4],
    );
    check('the order is completed all the same', await ledger.orderStatus(order.paymentProcessId), 'completed');
    check('over the whole story, each payment that succeeded was counted once in the database', await ledger.paymentsCounted(), {
      succeeded: await ledger.paymentsSucceeded(),
    });
    check('the statistics service misses exactly the dead report', statistics.total.count, (await ledger.paymentsSucceeded()) - 1);
  },
};
