// A worker that begins to stop notifies the others, however it works: its deliveries are not blamed if it is killed.
// test/store/workers/crashes.test.ts tests the effect on rescues; test/crash/stopped.system.test.ts tests it with
// killed processes.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DetachedDeliveryContext, OnSignal, type Worker } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('stopping.happened', z.object({}));

const ways: [how: string, begin: (worker: Worker, entered: Latch) => Promise<unknown>][] = [
  [
    'that was started',
    async (worker, entered) => {
      await worker.start();
      await entered.opened;
      return worker.stop();
    },
  ],
  [
    'that ticks',
    async (worker, entered) => {
      const tick = worker.tick();
      await entered.opened;
      return Promise.all([tick, worker.stop()]);
    },
  ],
  ['whose tick has only begun', (worker) => Promise.all([worker.tick(), worker.stop()])],
];

test.each(ways)('a worker %s is known to be stopping while it waits for its receivers', async (_how, begin) => {
  const [entered, gate] = [new Latch(), new Latch()];
  class Receivers {
    @OnSignal(happened, { transactional: false })
    static async receive(_payload: unknown, _context: DetachedDeliveryContext): Promise<void> {
      entered.open();
      await gate.opened;
    }
  }
  await using h = await harness({ services: [Receivers] });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  const stopping = async (): Promise<boolean[]> =>
    (await h.sql<{ stops: boolean }[]>`select stopping_at is not null as stops from signalbox.worker`).map(({ stops }) => stops);
  const ended = begin(h.box.worker(), entered);
  await entered.opened;
  await expect.poll(stopping, { timeout: 20_000 }).toEqual([true]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'running' }]);
  gate.open();
  await ended;
  expect(await stopping()).toEqual([]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 1, crashes: 0 }]);
});
