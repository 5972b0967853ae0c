// A payload that kills its worker each time: it ends dead after three workers, and its neighbours lose nothing.
import { expect, test } from 'vitest';
import { until } from './program.ts';
import { POISON } from './programs/receivers.ts';
import { openStage } from './stage.ts';

test(
  'a delivery that kills its workers is dead after the third; what ran beside it is done once, and costs no attempt',
  { timeout: 90_000 },
  async () => {
    await using stage = await openStage();
    await stage.emit(1, 2, POISON, 3, 4);
    let workers = 0;
    while (!(await stage.deliveries()).some((delivery) => delivery.startsWith('dead'))) {
      const worker = stage.worker({ lease: '1s', concurrency: 3 });
      workers++;
      await until('it is killed, or its work is done', async () => worker.hasEnded || (await stage.left()) === 0);
      expect(workers).toBeLessThan(6);
    }
    await until('the others are done', async () => (await stage.left()) === 0);
    const [dead, ...others] = (await stage.deliveries()).toSorted((a, b) => (a < b ? 1 : -1));
    expect(dead).toMatch(/^dead \d+\/\d\/3$/);
    expect(others).toHaveLength(4);
    for (const other of others) expect(other).toMatch(/^completed \d+\/1\/[0-2]$/);
    expect((await stage.effects()).map((effect) => effect.split(' ')[0])).toEqual(['1', '2', '3', '4']);
    const errors = await stage.sql`select error ->> 'message' as message from signalbox.delivery_error`;
    expect([...errors]).toEqual([{ message: expect.stringContaining('CrashBudgetSpent') as string }]);
  },
);
