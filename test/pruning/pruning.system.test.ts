// The measurement of retention, small: what goes is counted, how long it takes is not.
import { expect, test } from 'vitest';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { measurePruning } from './pruning.ts';

test('of 3,000 emissions of 30 days those of the first 23 go, and emits and a drain get through beside a prune', async () => {
  await using server = await launchPostgres({ inMemory: true });
  const report = await measurePruning({ url: server.url, emissions: 3_000, beside: 50, rounds: 1 });
  expect(report.emissions).toBeGreaterThan(2_250);
  expect(report.emissions).toBeLessThan(2_350);
  expect(report.deliveries).toBe(2 * report.emissions);
  expect(report.emitShare).toBeGreaterThan(0);
  expect(report.drainShare).toBeGreaterThan(0);
});
