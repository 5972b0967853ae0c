// The cost of an emitting transaction on the wire; counted, not timed.
import type { Sample } from '../stats.ts';
import { countWire } from '../wire-count.ts';
import type { Row } from './row.ts';

const TRANSACTIONS = 50;

export const wire: Row = {
  name: 'wire',
  what:
    `Round trips and statements of one transaction with a row of the domain and an emission to 1, 2 or 10 receivers: counted by a proxy over ${TRANSACTIONS} ` +
    'transactions on one connection that has prepared what it will, BEGIN and COMMIT included. Nothing is timed.',
  rounds: 1,
  together: true,
  run: async ({ database, child }) => {
    const { url } = await database();
    await using counted = await countWire(url);
    const sender = child();
    await sender.call('openSender', counted.url, 1);
    const samples: Sample[] = [];
    for (const fanOut of [1, 2, 10] as const) {
      await sender.call('emitTimes', `fan${fanOut}`, 10);
      counted.take();
      await sender.call('emitTimes', `fan${fanOut}`, TRANSACTIONS);
      const { roundTrips, statements, bytes } = counted.take();
      const per = (unit: string, total: number): Sample => ({
        row: `${unit} per tx, emit to ${fanOut}`,
        unit,
        better: 'lower',
        value: total / TRANSACTIONS,
      });
      samples.push(per('round trips', roundTrips), per('statements', statements), per('bytes', bytes));
    }
    await sender.call('closeSender');
    return samples;
  },
};
