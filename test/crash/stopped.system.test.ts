// SIGTERM to a worker process: after the first, it finishes its running receivers; after the second, it releases their
// deliveries. Either way it exits with 0. If it is killed before that, its deliveries run again, and the crash does not
// count.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { openCrashHarness, SHORT, type CrashHarness } from './crash-harness.ts';

const timeout = 90_000;

const expectNoWorker = async (h: CrashHarness): Promise<void> => expect(await h.sql`select from signalbox.worker`).toHaveLength(0);

test.concurrent(
  'SIGTERM: running receivers finish, deliveries that were not begun keep their attempts, and the process exits with 0',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const worker = h.worker({ hold: 'called', concurrency: 1 });
    await worker.says('worker.started');
    await h.emit(1, 2);
    await worker.says('called');
    await worker.kill('SIGTERM');
    await worker.says('worker.stopping');
    // It may have been claimed ahead, and be released.
    await until('the second one waits', async () => (await h.deliveries())[1]!.startsWith('ready'));
    const kept = expect.stringMatching(/^ready [02]\/0\/0$/) as string;
    expect(await h.deliveries()).toEqual(['running 1/1/0', kept]);
    worker.tell('go');
    expect(await worker.ends()).toBe(0);
    expect(await h.effects()).toEqual(['1 by 1']);
    expect(await h.deliveries()).toEqual(['completed 1/1/0', kept]);
    await expectNoWorker(h);
  },
);

test.concurrent(
  'a second SIGTERM interrupts the running receiver: its delivery is released at once, and costs no attempt',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const worker = h.worker({ hold: 'written', lease: '1h', concurrency: 2 });
    await worker.says('worker.started');
    await h.emit(1);
    await worker.says('written');
    await worker.kill('SIGTERM');
    await worker.says('worker.stopping');
    expect(await h.deliveries()).toEqual(['running 1/1/0']);
    await worker.kill('SIGTERM');
    await worker.says('delivery.released');
    expect(await worker.ends()).toBe(0);
    expect(await h.effects()).toEqual([]);
    expect(await h.deliveries()).toEqual(['ready 2/0/0']);
    await expectNoWorker(h);

    const other = h.worker();
    await until('another completes it', async () => (await h.deliveries())[0] === 'completed 3/1/0');
    expect(await h.effects()).toEqual(['1 by 3']);
    expect(await h.writers()).toEqual([other.pid]);
  },
);

test.concurrent(
  'a delivery whose worker is killed while it stops, by three deploys in a row, counts no crash, and the next worker does it once',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    await h.emit(1);
    for (let epoch = 1; epoch <= 5; epoch += 2) {
      const victim = h.worker({ ...SHORT, hold: 'written' });
      await victim.says('written');
      await victim.kill('SIGTERM');
      await victim.says('worker.stopping');
      await until('others know that it stops', async () => {
        const stopping =
          await h.sql`select from signalbox.worker w join signalbox.delivery d on d.worker_id = w.id where stopping_at is not null`;
        return stopping.length === 1;
      });
      await victim.kill('SIGKILL');
      expect(await h.deliveries()).toEqual([`running ${epoch}/1/0`]);
    }
    const other = h.worker();
    await until('another completes it', async () => (await h.deliveries())[0] === 'completed 7/1/0');
    expect(await h.effects()).toEqual(['1 by 7']);
    expect(await h.writers()).toEqual([other.pid]);
  },
);
