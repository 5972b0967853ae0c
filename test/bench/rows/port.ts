// The cost of the port for extensions: a box without any, with one that hooks nothing, and with one whose hooks do
// nothing.
import type { Sample } from '../stats.ts';
import type { Extended } from '../systems/system.ts';
import { drained } from './drain.ts';
import type { Row } from './row.ts';

const COUNT = { quick: 20_000, full: 100_000 };
const ROWS: Readonly<Record<Extended, string>> = {
  none: 'port: no extension',
  empty: 'port: one that hooks nothing',
  hooks: 'port: one whose hooks do nothing',
};

export const port: Row = {
  name: 'port',
  what: 'The row `drain no-op` of one process, with a box that has no extension, one without hooks, or one whose hooks around emits and receivers only go on.',
  systems: ['signalbox'],
  run: async (round) => {
    const count = round.scale.quick ? COUNT.quick : COUNT.full;
    const samples: Sample[] = [];
    for (const [extension, row] of Object.entries(ROWS) as [Extended, string][]) {
      samples.push(...(await drained(round, { row, work: 'noop', processes: 1, count, extension })));
    }
    return samples;
  },
};
