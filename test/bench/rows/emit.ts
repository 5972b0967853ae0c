// Emitting: transactions per second, with the domain's row and the emission in each.
import type { Sample } from '../stats.ts';
import type { Row } from './row.ts';

const FAN_OUTS = [1, 2, 10] as const;
const CLIENTS = [8, 32] as const;

export const emitByDrizzle: Row = {
  name: 'emit by Drizzle',
  what:
    'The same to 2 receivers, and the floor writes by hand what an application on Drizzle would: a transaction of Drizzle with an insert ' +
    'and a statement of its own. What is left between the two is the price of Signalbox; the rest is that of Drizzle.',
  systems: ['signalbox', 'floor'],
  run: async ({ database, child, scale }) => {
    const { url } = await database();
    const samples: Sample[] = [];
    for (const clients of scale.quick ? [8] : CLIENTS) {
      const sender = child();
      await sender.call('openSender', url, clients);
      const [ms, warmUpMs] = scale.quick ? [500, 200] : [4_000, 1_000];
      const { count } = await sender.call('emitFor', { topic: 'fan2', clients, ms, warmUpMs, drizzle: true });
      samples.push({ row: `emit by Drizzle to 2, ${clients} clients`, unit: 'tx/s', better: 'higher', value: (count * 1_000) / ms });
      await sender.call('closeSender');
    }
    return samples;
  },
};

export const emit: Row = {
  name: 'emit',
  what:
    'Transactions per second of one process: BEGIN, insert a row of the domain, emit to 1, 2 or 10 receivers, COMMIT, from 8 or 32 ' +
    'loops on as many connections; no worker runs. graphile-worker: add_job for one receiver, add_jobs for several; pg-boss: a send for each receiver.',
  run: async ({ database, child, scale }) => {
    const { url } = await database();
    const samples: Sample[] = [];
    for (const clients of scale.quick ? [8] : CLIENTS) {
      const sender = child();
      await sender.call('openSender', url, clients);
      for (const fanOut of FAN_OUTS) {
        const ms = scale.quick ? 500 : 4_000;
        const emitted = await sender.call('emitFor', { topic: `fan${fanOut}`, clients, ms, warmUpMs: scale.quick ? 200 : 1_000 });
        const row = `emit to ${fanOut}, ${clients} clients`;
        samples.push({ row, unit: 'tx/s', better: 'higher', value: (emitted.count * 1_000) / emitted.ms });
      }
      await sender.call('closeSender');
    }
    return samples;
  },
};
