// Emitting many at once.
import { median } from '../stats.ts';
import type { Row } from './row.ts';

const SIZE = 1_000;

export const bulk: Row = {
  name: 'bulk emit',
  what: `${SIZE.toLocaleString('en')} emissions to one receiver each in one transaction with a row of the domain, one transaction after the other on one connection; the median of them. Signalbox: emitMany; graphile-worker: add_jobs; pg-boss: insert; the floor: one insert.`,
  run: async ({ database, child, scale, meter }) => {
    const { url } = await database();
    const sender = child();
    await sender.call('openSender', url, 1);
    await sender.call('emitManyTimes', 'noop', SIZE, 3);
    const [row, times] = ['bulk emit of 1,000', scale.quick ? 5 : 20];
    const metered = await meter([sender]);
    const took = await sender.call('emitManyTimes', 'noop', SIZE, times);
    const cpu = await metered.per(row, 'emission', SIZE * times);
    await sender.call('closeSender');
    return [{ row, unit: 'emissions/s', better: 'higher', value: (SIZE * 1_000) / median(took) }, ...cpu];
  },
};
