// Emitting: transactions per second, with the domain's row and the emission in each.
import type { Child } from '../process.ts';
import type { Sample } from '../stats.ts';
import type { Topic } from '../systems/system.ts';
import type { Round, Row } from './row.ts';

const FAN_OUTS = [1, 2, 10] as const;
const CLIENTS = [8, 32] as const;

export const emitByDrizzle: Row = {
  name: 'emit by Drizzle',
  what:
    'The same to 2 receivers, and the floor writes by hand what an application on Drizzle would: a transaction of Drizzle with an insert ' +
    'and a statement of its own. What is left between the two is the price of Signalbox; the rest is that of Drizzle.',
  systems: ['signalbox', 'floor'],
  run: async (round) => {
    const { url } = await round.database();
    const samples: Sample[] = [];
    for (const clients of round.scale.quick ? [8] : CLIENTS) {
      const sender = round.child();
      await sender.call('openSender', url, clients);
      const row = `emit by Drizzle to 2, ${clients} clients`;
      samples.push(...(await emitRate(round, sender, { row, topic: 'fan2', clients, drizzle: true })));
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
  run: async (round) => {
    const { url } = await round.database();
    const samples: Sample[] = [];
    for (const clients of round.scale.quick ? [8] : CLIENTS) {
      const sender = round.child();
      await sender.call('openSender', url, clients);
      for (const fanOut of FAN_OUTS)
        samples.push(...(await emitRate(round, sender, { row: `emit to ${fanOut}, ${clients} clients`, topic: `fan${fanOut}`, clients })));
      await sender.call('closeSender');
    }
    return samples;
  },
};

/** Transactions a second after a warm-up, and the CPU time of each. */
export async function emitRate(
  { scale, meter }: Pick<Round, 'scale' | 'meter'>,
  sender: Child,
  { row, ...how }: { row: string; topic: Topic; clients: number; drizzle?: boolean },
): Promise<Sample[]> {
  await sender.call('emitFor', { ...how, ms: scale.quick ? 200 : 1_000 });
  const metered = await meter([sender]);
  const ms = scale.quick ? 500 : 4_000;
  const { count, all } = await sender.call('emitFor', { ...how, ms });
  return [{ row, unit: 'tx/s', better: 'higher', value: (count * 1_000) / ms }, ...(await metered.per(row, 'tx', all))];
}
