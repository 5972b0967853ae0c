// Emitting many at once.
import { median } from '../stats.ts';
import type { Row } from './row.ts';

const SIZE = 1_000;

export const bulk: Row = {
  name: 'bulk emit',
  what: `${SIZE.toLocaleString('en')} emissions to one receiver each in one transaction with a row of the domain, one transaction after the other on one connection; the median of them. Signalbox: emitMany; graphile-worker: add_jobs; pg-boss: insert; the floor: one insert.`,
  run: async ({ database, child, scale }) => {
    const { url } = await database();
    const sender = child();
    await sender.call('openSender', url, 1);
    await sender.call('emitManyTimes', 'noop', SIZE, 3);
    const took = await sender.call('emitManyTimes', 'noop', SIZE, scale.quick ? 5 : 20);
    await sender.call('closeSender');
    return [{ row: 'bulk emit of 1,000', unit: 'emissions/s', better: 'higher', value: (SIZE * 1_000) / median(took) }];
  },
};
