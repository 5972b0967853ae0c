// A sender is killed on either side of its COMMIT.
import { expect, test } from 'vitest';
import { countEmissions, readDeliveries } from '../support/effects.ts';
import { openStage, until } from './processes.ts';

test('a sender killed before its COMMIT has sent nothing', async () => {
  await using stage = await openStage();
  const sender = stage.sender();
  await sender.says('emitted');
  await sender.kill('SIGKILL');
  await until(
    async () =>
      (await stage.sql`select from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`).length === 0,
  );
  expect(await countEmissions(stage.sql)).toBe(0);
  expect(await readDeliveries(stage.sql)).toEqual([]);
});

test('a sender killed right after its COMMIT has sent all the same', async () => {
  await using stage = await openStage();
  const sender = stage.sender();
  await sender.says('emitted');
  sender.tell('commit');
  await sender.says('committed');
  await sender.kill('SIGKILL');
  expect(await stage.box.drain()).toMatchObject({ completed: 1 });
  expect(await stage.effects()).toEqual(['1 by 1']);
});
