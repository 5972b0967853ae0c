// When a process writes what it has counted: never what it had written so long ago that it is a part of a sum by now.
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/observe/log.ts';
import type { EmissionTallyRow, TallyRow } from '../../src/store/tallies/tallies.ts';
import { Tallies } from '../../src/tallies/tallies.ts';

const START_US = 1_800_000_000_000_000;
const HOUR_US = 3_600_000_000;

test('a process that was frozen for hours does not write again what it had written before', async () => {
  const written: number[] = [];
  let nowUs = START_US;
  const store = {
    writeRuns: async (rows: readonly TallyRow[]): Promise<number> => {
      written.push(...rows.map(({ n }) => n));
      return nowUs;
    },
    writeEmits: async (rows: readonly EmissionTallyRow[]): Promise<number> => {
      written.push(...rows.map(({ n }) => n));
      return nowUs;
    },
  };
  const tallies = new Tallies({ store, log: silentLogger });
  tallies.anchor(nowUs);
  tallies.ran(1, 7, 'completed', 5, 1);
  tallies.emitted({ signal: 'a', cause: 0, n: 1 });
  await tallies.flush();
  expect(written.splice(0)).toEqual([1, 1]);
  // More of the same minute, which is folded while the process stands still.
  tallies.ran(1, 7, 'completed', 5, 1);
  tallies.emitted({ signal: 'a', cause: 0, n: 1 });
  tallies.anchor((nowUs += 2 * HOUR_US));
  await tallies.flush();
  expect(written).toEqual([]);
  tallies.ran(1, 7, 'completed', 5, 1);
  await tallies.flush();
  expect(written).toEqual([1]);
  tallies.close();
});
