// The cost of the tallies that a worker keeps by default, beside a worker that keeps none.
import type { Sample } from '../stats.ts';
import type { Settings } from '../systems/system.ts';
import { drained } from './drain.ts';
import { emitRate } from './emit.ts';
import type { Round, Row } from './row.ts';

const CLIENTS = 8;
const COUNT = { quick: 5_000, full: 100_000 };
const WITH: Settings = {};
const WITHOUT: Settings = { tallies: false };

export const tallies: Row = {
  name: 'tallies',
  what:
    'The rows `emit to 2` and `drain no-op` with a box that counts what it emits and runs, as by default, as a share of those with one that does not: ' +
    'each twice in a round, with, without, without, with.',
  systems: ['signalbox'],
  run: async (round) => {
    const taken: { isWith: boolean; samples: Sample[] }[] = [];
    for (const settings of [WITH, WITHOUT, WITHOUT, WITH]) taken.push({ isWith: settings === WITH, samples: await both(round, settings) });
    const mean = (row: string, isWith: boolean): number =>
      sum(taken.filter((one) => one.isWith === isWith).map(({ samples }) => samples.find((sample) => sample.row === row)!.value)) / 2;
    return taken[0]!.samples.map(({ row, better }) => {
      const share = mean(row, true) / mean(row, false);
      return { row: `tallies: ${row}`, unit: '× of without', better, value: share };
    });
  },
};

async function both(round: Round, settings: Settings): Promise<Sample[]> {
  const { url } = await round.database();
  const sender = round.child();
  await sender.call('openSender', url, CLIENTS, settings);
  const emitted = await emitRate(round, sender, { row: 'emit to 2, 8 clients', topic: 'fan2', clients: CLIENTS });
  await sender.call('closeSender');
  await sender.kill();
  const count = round.scale.quick ? COUNT.quick : COUNT.full;
  return [...emitted, ...(await drained(round, { row: 'drain no-op', work: 'noop', processes: 1, count, settings }))];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
