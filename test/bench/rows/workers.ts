// Many workers on one receiver: whether they get in each other's way.
import type { Sample } from '../stats.ts';
import { drained, told } from './drain.ts';
import type { Row } from './row.ts';

const PROCESSES = { quick: [2, 4], full: [1, 2, 4, 8, 16] };
const WORKS = [
  { work: 'noop', row: 'no-op', quick: 6_000, full: 200_000 },
  { work: 'once', row: 'once', quick: 1_000, full: 20_000 },
] as const;

export const workers: Row = {
  name: 'workers',
  what:
    'The rows `drain no-op` and `drain once` with up to 16 worker processes on one receiver. Where there are fewer cores than that, more processes ' +
    'cannot be faster; they show what workers cost each other.',
  systems: ['signalbox', 'graphile-worker'],
  run: async (round) => {
    const size = round.scale.quick ? 'quick' : 'full';
    const samples: Sample[] = [];
    for (const { work, row, ...counts } of WORKS)
      for (const processes of PROCESSES[size])
        samples.push(...(await drained(round, { row: `workers: ${row}, ${told(processes)}`, work, processes, count: counts[size] })));
    return samples;
  },
};
