// A sender is killed before, during and after its COMMIT: committed emissions are delivered, and no others.
import { expect, test } from 'vitest';
import { countEmissions } from '../support/effects.ts';
import { until } from '../processes/program.ts';
import { openCrashHarness, type CrashHarness } from './crash-harness.ts';

const timeout = 90_000;

const open = async (h: CrashHarness): Promise<number> =>
  (
    await h.sql`select from pg_stat_activity
      where datname = current_database() and application_name = 'crash' and state = 'idle in transaction'`
  ).length;

test.concurrent('a sender killed before its COMMIT has sent nothing', { timeout }, async () => {
  await using h = await openCrashHarness();
  const sender = h.sender();
  await sender.says('emitted');
  expect(await open(h)).toBe(1);
  await sender.kill('SIGKILL');
  await until('its transaction is over', async () => (await open(h)) === 0);
  expect(await countEmissions(h.sql)).toBe(0);
  expect(await h.deliveries()).toEqual([]);
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
});

test.concurrent('a sender killed during its COMMIT, which takes effect, has sent without knowing it', { timeout }, async () => {
  await using h = await openCrashHarness();
  await h.delayCommits('signalbox.emission');
  await using gate = await h.gate();
  const sender = h.sender();
  await sender.says('emitted');
  sender.tell('commit');
  await until('its COMMIT waits', async () => (await h.waiting('commit')) === 1);
  await sender.kill('SIGKILL');
  expect(sender.hasSaid('committed')).toBe(false);
  expect(await h.deliveries()).toEqual([]);
  await gate.open();
  await until('it is stored', async () => (await h.deliveries()).length === 1);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(await h.effects()).toEqual(['1 by 1']);
});

test.concurrent('a sender killed right after its COMMIT has sent, and a worker delivers', { timeout }, async () => {
  await using h = await openCrashHarness();
  const sender = h.sender();
  await sender.says('emitted');
  sender.tell('commit');
  await sender.says('committed');
  await sender.kill('SIGKILL');
  const worker = h.worker();
  await until('it is delivered', async () => (await h.deliveries())[0] === 'completed 1/1/0');
  expect(await h.effects()).toEqual(['1 by 1']);
  expect(await h.writers()).toEqual([worker.pid]);
});
