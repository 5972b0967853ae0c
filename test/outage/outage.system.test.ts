// A small outage of a service that a receiver calls: the test counts its costs, not its duration.
import { expect, test } from 'vitest';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { measureOutage, recoveredAfter } from './outage.ts';

test('an outage under which 2,000 deliveries wait costs no error, no attempt, and next to no WAL', async () => {
  await using server = await launchPostgres({ inMemory: true });
  let probes = 0;
  const report = await measureOutage({
    url: server.url,
    waiting: 2_000,
    calm: 200,
    pauseMs: 100,
    lasts: (box) => box.next('delivery.released', () => ++probes === 20),
  });
  expect(report).toMatchObject({ errorRows: 0, attempts: 0, completed: 2_200 });
  expect(report.walBytes).toBeLessThan(1_000_000);
  // One call for each slot, and for each probe.
  expect(report.calls).toBeLessThan(60);
});

test('the calm rate is back at the end of the first second with its share of completions', () => {
  const times = [100, 900, 1_500, 1_600, 1_700, 1_800];
  expect(recoveredAfter(times, 5)).toBe(1_700);
  expect(recoveredAfter(times, 1)).toBe(100);
  expect(recoveredAfter([], 5)).toBe(Infinity);
});
