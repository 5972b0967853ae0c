// Tests that the CPU time of an item is what was used meanwhile, of all processes.
import { expect, test } from 'vitest';
import { meterOf } from './meter.ts';

test('an item takes its share of what all processes and the server used since', async () => {
  let used = 100;
  const child = { call: async () => used as never };
  const meter = await meterOf({ cpu: async () => used * 2 }, [child, child]);
  used = 110;
  expect(await meter.per('emit', 'tx', 1_000)).toEqual([
    { row: 'emit: CPU', unit: 'µs per tx', better: 'lower', value: 40, parts: { Node: 20, server: 20 } },
  ]);
});

test('nothing is told where the system does not tell, and of no item', async () => {
  const child = { call: async () => 1 as never };
  expect(await (await meterOf({ cpu: async () => undefined }, [child])).per('emit', 'tx', 1)).toEqual([]);
  expect(await (await meterOf({ cpu: async () => 1 }, [child])).per('emit', 'tx', 0)).toEqual([]);
});
