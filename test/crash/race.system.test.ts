// Two worker processes race over one backlog.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { happened } from './programs/receivers.ts';
import { openCrashHarness } from './crash-harness.ts';

const DELIVERIES = 2_000;

test('two workers race over 2,000 deliveries: each is done exactly once, and both do some', { timeout: 120_000 }, async () => {
  await using h = await openCrashHarness();
  const { sql } = h;
  const values = Array.from({ length: DELIVERIES }, (_, value) => value);
  // With a lease that no slow machine can miss: a rescue would hide a race.
  const workers = [h.worker({ lease: '1h' }), h.worker({ lease: '1h' })];
  for (const worker of workers) await worker.says('worker.started');
  await h.db.transaction(async (tx) => {
    await happened.emitMany(
      tx,
      values.map((value) => ({ value })),
    );
  });
  await until('nothing is left to do', async () => (await sql`select from signalbox.delivery limit 1`).length === 0);

  const runs = await sql<{ value: number; effects: number; state: string; run: string }[]>`
    select (e.payload ->> 'value')::int as value, count(f.delivery)::int as effects, s.state,
      max(s.epoch) || '/' || max(s.attempt) || '/' || max(s.crashes) || ' by ' || max(f.epoch) as run
    from signalbox.settled s join signalbox.emission e on e.id = s.emission_id left join effect f on f.delivery = s.id
    group by s.id, s.state, e.payload order by 1`;
  expect([...runs]).toEqual(values.map((value) => ({ value, effects: 1, state: 'completed', run: '1/1/0 by 1' })));
  expect(await h.effects()).toHaveLength(DELIVERIES);
  expect(new Set(await h.writers())).toEqual(new Set(workers.map(({ pid }) => pid)));
});
