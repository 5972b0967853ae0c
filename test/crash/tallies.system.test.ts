// A worker is killed that has counted: what it had written of its counts stays, what it had not is lost, and nothing is counted twice.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { type CrashHarness, openCrashHarness, SHORT } from './crash-harness.ts';

/** Runs that the tallies have, of all workers. */
async function counted({ sql }: CrashHarness): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select coalesce(sum(n), 0)::int as n from signalbox.tally where outcome = 'completed'`;
  return row!.n;
}

const settled = async ({ sql }: CrashHarness): Promise<number> =>
  (await sql`select from signalbox.settled where state = 'completed'`).length;

test('a killed worker loses what it has counted since its last write, and nothing is counted twice', { timeout: 120_000 }, async () => {
  await using h = await openCrashHarness();
  const victim = h.worker({ ...SHORT });
  await victim.says('worker.started');
  await h.emit(1, 2, 3, 4, 5);
  await until('it has written what it counted', async () => (await counted(h)) === 5);
  await h.emit(6, 7, 8);
  await until('they are done', async () => (await settled(h)) === 8);
  await victim.kill('SIGKILL');
  const after = await counted(h);
  expect(after).toBeGreaterThanOrEqual(5);
  expect(after).toBeLessThanOrEqual(8);

  const other = h.worker();
  await other.says('worker.started');
  await h.emit(9, 10);
  await until('another does the rest', async () => (await settled(h)) === 10);
  await until('and writes what it counted', async () => (await counted(h)) === after + 2);
});
