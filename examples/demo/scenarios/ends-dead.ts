// Scenario seven: a receiver fails in every attempt.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

/** The number of attempts in the retry options of reportPayment. */
const ATTEMPTS = 4;

export const endsDead: Scenario<DemoEnvironment> = {
  title: '7. A receiver fails until its attempts are spent',
  proves: 'A delivery that cannot succeed ends dead, keeps all its errors, and harms no other',
  async run(environment, { say, show, check }) {
    const { ledger, statistics } = environment;
    say(`The statistics service is down for good. The receiver that reports to it has ${ATTEMPTS} attempts.`);
    const order = await environment.placeOrder('a whistle');
    statistics.failNext(...Array<'before counting'>(ATTEMPTS).fill('before counting'));
    await environment.paymentSucceeds(order);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));

    const { id, state, attempt } = (await ledger.delivery(order.paymentProcessId, 'Analytics.reportPayment'))!;
    const errors = await ledger.errors(id);
    say('The table signalbox.delivery_error has its history:');
    for (const error of errors) show(`${error.at.toISOString()}  attempt ${error.attempt}  ${error.message}`);
    check(`the report is dead after ${ATTEMPTS} attempts`, { state, attempt }, { state: 'dead', attempt: ATTEMPTS });
    check(
      'each attempt left its error',
      errors.map((error) => error.attempt),
      [1, 2, 3, 4],
    );
    check('the order is completed nevertheless', await ledger.orderStatus(order.paymentProcessId), 'completed');
    check('in the whole demo, each payment that succeeded was counted once in the database', await ledger.paymentsCounted(), {
      succeeded: await ledger.paymentsSucceeded(),
    });
    check('the statistics service misses exactly the dead report', statistics.total.count, (await ledger.paymentsSucceeded()) - 1);
  },
};
