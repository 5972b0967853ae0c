// Scenario six: a receiver calls a third-party service that fails twice: once it refuses, and once its answer is lost.
import type { DemoEnvironment } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

export const failsTwice: Scenario<DemoEnvironment> = {
  title: '6. A receiver fails twice, then succeeds',
  proves: 'Only a failed receiver runs again, and its key prevents counting twice',
  async run(environment, { say, show, check }) {
    const { ledger, statistics } = environment;
    say('One receiver reports each payment to a statistics service over HTTP. That service now answers');
    say('one request with 503, and the next with 500 although it has counted the payment.');
    const order = await environment.placeOrder('a ticket');
    const [requestsBefore, countBefore] = [statistics.requests.length, statistics.total.count];
    statistics.failNext('before counting', 'after counting');
    await environment.paymentSucceeds(order);
    await until('all deliveries are settled', () => ledger.settled(order.paymentProcessId));

    const { id, state, attempt } = (await ledger.delivery(order.paymentProcessId, 'Analytics.reportPayment'))!;
    const errors = await ledger.errors(id);
    for (const error of errors) show(`attempt ${error.attempt} failed: ${error.message}`);
    check('the report was completed by the third attempt', { state, attempt }, { state: 'completed', attempt: 3 });
    check(
      'both errors are kept',
      errors.map((error) => error.attempt),
      [1, 2],
    );
    const others = (await ledger.deliveries(order.paymentProcessId)).filter((row) => row.id !== id);
    check(
      'the other three receivers ran once each',
      others.map((row) => [row.state, row.attempt]),
      Array.from({ length: 3 }, () => ['completed', 1]),
    );

    const keys = statistics.requests.slice(requestsBefore);
    say(`The service saw ${keys.length} requests with the key ${keys[0]}.`);
    check('all three requests carried the same key', [keys.length, new Set(keys).size], [3, 1]);
    check('the service counted the payment once', statistics.total.count - countBefore, 1);
  },
};
