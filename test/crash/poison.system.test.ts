// A payload kills its worker each time: its delivery ends dead after three workers, and its neighbours lose nothing.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { POISON } from './programs/receivers.ts';
import { innocent, poison } from './programs/two-signals.ts';
import { openCrashHarness } from './crash-harness.ts';

test(
  'a delivery that kills its workers is dead after the third; its neighbours are done once, and lose no attempt',
  { timeout: 90_000 },
  async () => {
    await using h = await openCrashHarness();
    await h.emit(1, 2, POISON, 3, 4);
    let workers = 0;
    while (!(await h.deliveries()).some((delivery) => delivery.startsWith('dead'))) {
      const worker = h.worker({ lease: '1s', concurrency: 3 });
      workers++;
      await until('it is killed, or its work is done', async () => worker.hasEnded || (await h.left()) === 0);
      expect(workers).toBeLessThan(6);
    }
    await until('the others are done', async () => (await h.left()) === 0);
    const [dead, ...others] = (await h.deliveries()).toSorted((a, b) => (a < b ? 1 : -1));
    expect(dead).toMatch(/^dead \d+\/\d\/3$/);
    expect(others).toHaveLength(4);
    for (const other of others) expect(other).toMatch(/^completed \d+\/1\/[0-2]$/);
    expect((await h.effects()).map((effect) => effect.split(' ')[0])).toEqual(['1', '2', '3', '4']);
    const errors = await h.sql`select error ->> 'message' as message from signalbox.delivery_error`;
    expect([...errors]).toEqual([{ message: expect.stringContaining('CrashBudgetSpent') as string }]);
  },
);

test.concurrent.each([
  ['one box', '1'],
  ['two boxes', '2'],
])(
  'in a process with two workers, of %s, the innocent neighbour in the other worker is not blamed',
  { timeout: 120_000 },
  async (_which, boxes) => {
    await using h = await openCrashHarness();
    const box = h.another({ services: [] });
    for (const { signal, name, queue } of [
      { signal: poison, name: 'Poison.take', queue: 'a' },
      { signal: innocent, name: 'Innocent.take', queue: 'b' },
    ])
      box.receivers.connect(signal, () => {}, { name, queue });
    await box.receivers.announce();
    await box.close();
    await h.db.transaction(async (tx) => {
      await poison.emitReliable(tx, {});
      await innocent.emitReliable(tx, {});
    });
    for (let processes = 0; (await h.left()) > 0; processes++) {
      expect(processes).toBeLessThan(8);
      const program = h.program('two-workers', { BOXES: boxes });
      await until('it is killed, or its work is done', async () => program.hasEnded || (await h.left()) === 0);
    }
    const ends = await h.sql<{ end: string }[]>`
    select r.name || ' ' || s.state || ' ' || s.attempt as end from signalbox.settled s join signalbox.receiver r on r.id = s.receiver_id order by 1`;
    expect(ends.map(({ end }) => end)).toEqual(['Innocent.take completed 1', 'Poison.take dead 1']);
    expect(await h.sql`select from effect`).toHaveLength(1);
  },
);
