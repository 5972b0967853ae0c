// As installed: what one gets who sets nothing, neither of the sender nor of the worker nor of the tables.
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../protocol.ts';
import type { Sample } from '../stats.ts';
import type { Settings, Work } from '../systems/system.ts';
import { fill } from './drain.ts';
import { emitRate } from './emit.ts';
import type { Round, Row } from './row.ts';

const INSTALLED: Settings = { installed: true };
const CLIENTS = 8;
const COUNT = { quick: 2_000, full: 100_000 };
const LONGEST_MS = { quick: 3_000, full: 10_000 };

export const installed: Row = {
  name: 'as installed',
  what:
    'Each system with its defaults: no option of the worker, the sender or the pool is set, and no tuning migration is run. Deliveries that were ' +
    'run within 10 s of the first one, or until none was left, by receivers that do nothing, and by receivers that insert a row; graphile-worker runs ' +
    'one job at a time then, and pg-boss fetches one job in two seconds.',
  systems: ['signalbox', 'graphile-worker', 'pg-boss'],
  run: async (round) => {
    const { url } = await round.database(INSTALLED);
    const sender = round.child();
    await sender.call('openSender', url, CLIENTS, INSTALLED);
    const samples = await emitRate(round, sender, { row: 'as installed: emit to 2, 8 clients', topic: 'fan2', clients: CLIENTS });
    await sender.call('closeSender');
    return [...samples, await runs(round, 'as installed: drain no-op', 'noop'), await runs(round, 'as installed: drain once', 'once')];
  },
};

async function runs(round: Round, row: string, work: Work): Promise<Sample> {
  const database = await round.database(INSTALLED);
  const size = round.scale.quick ? 'quick' : 'full';
  await fill(round, database, work, COUNT[size]);
  const worker = round.child();
  await worker.call('startWorker', database.url, { work, settings: INSTALLED });
  const deadline = now() + LONGEST_MS[size];
  let done = await worker.call('progress');
  for (; done.runs < COUNT[size] && now() < deadline; done = await worker.call('progress')) await pause(10);
  const value = (done.runs * 1_000) / (now() - done.firstAt);
  await worker.kill();
  return { row, unit: 'deliveries/s', better: 'higher', value: done.runs === 0 ? 0 : value };
}
