// A sender is killed before, during and after its COMMIT: what is committed is delivered, and nothing else.
import { expect, test } from 'vitest';
import { countEmissions } from '../support/effects.ts';
import { until } from './program.ts';
import { openStage, type Stage } from './stage.ts';

const timeout = 90_000;

const open = async (stage: Stage): Promise<number> =>
  (
    await stage.sql`select from pg_stat_activity
      where datname = current_database() and application_name = 'crash' and state = 'idle in transaction'`
  ).length;

test.concurrent('a sender killed before its COMMIT has sent nothing', { timeout }, async () => {
  await using stage = await openStage();
  const sender = stage.sender();
  await sender.says('emitted');
  expect(await open(stage)).toBe(1);
  await sender.kill('SIGKILL');
  await until('its transaction is over', async () => (await open(stage)) === 0);
  expect(await countEmissions(stage.sql)).toBe(0);
  expect(await stage.deliveries()).toEqual([]);
  expect(await stage.box.drain()).toMatchObject({ completed: 0 });
});

test.concurrent('a sender killed during its COMMIT, which gets through, has sent though it never knew', { timeout }, async () => {
  await using stage = await openStage();
  await stage.delayCommits('signalbox.emission');
  await using gate = await stage.gate();
  const sender = stage.sender();
  await sender.says('emitted');
  sender.tell('commit');
  await until('its COMMIT waits', async () => (await stage.waiting('commit')) === 1);
  await sender.kill('SIGKILL');
  expect(sender.hasSaid('committed')).toBe(false);
  expect(await stage.deliveries()).toEqual([]);
  await gate.open();
  await until('it is stored', async () => (await stage.deliveries()).length === 1);
  expect(await stage.box.drain()).toMatchObject({ completed: 1 });
  expect(await stage.effects()).toEqual(['1 by 1']);
});

test.concurrent('a sender killed right after its COMMIT has sent, and a worker delivers', { timeout }, async () => {
  await using stage = await openStage();
  const sender = stage.sender();
  await sender.says('emitted');
  sender.tell('commit');
  await sender.says('committed');
  await sender.kill('SIGKILL');
  const worker = stage.worker();
  await until('it is delivered', async () => (await stage.deliveries())[0] === 'completed 1/1/0');
  expect(await stage.effects()).toEqual(['1 by 1']);
  expect(await stage.writers()).toEqual([worker.pid]);
});
