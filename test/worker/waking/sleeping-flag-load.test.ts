// Each load, from a few emissions a second to as many as possible, from transactions that stay open for 5 to 15 ms
// after the emit: no worker misses one of them, although it would sleep for a minute.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { harness } from '../../support/harness.ts';

const happened = defineSignal('load.happened', z.object({}));

class Receiver {
  @OnSignal(happened, { transactional: false })
  static async receive(): Promise<void> {}
}

/** The number of notifications that a second listener heard, and the number of transactions that have emitted. */
interface Heard {
  readonly notified: number;
  readonly emitted: number;
}

async function underLoad(senders: number, restMs: number, lastsMs: number): Promise<Heard> {
  await using h = await harness({ services: [Receiver] }, { max: senders + 4 });
  let notified = 0;
  const { unlisten } = await h.connect({ max: 1 }).listen('signalbox_ready', () => void notified++);
  await using worker = h.box.worker({ pollInterval: '60s', concurrency: 100 });
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  let emitted = 0;
  let completed = 0;
  h.box.on('delivery.completed', () => void completed++);
  const until = performance.now() + lastsMs;
  const send = async (): Promise<void> => {
    while (performance.now() < until) {
      await h.db.transaction(async (tx) => {
        await happened.emitReliable(tx, {});
        await pause(5 + 10 * Math.random());
      });
      emitted++;
      await pause(restMs * 2 * Math.random());
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  await expect.poll(() => completed, { timeout: 20_000 }).toBe(emitted);
  await unlisten();
  return { notified, emitted };
}

test.each([
  { load: 'a few a second', senders: 1, restMs: 100 },
  { load: 'a hundred a second', senders: 4, restMs: 20 },
  { load: 'as many as there can be', senders: 16, restMs: 0 },
])('$load: all deliveries are found, and no transaction notifies twice', async ({ senders, restMs }) => {
  const { notified, emitted } = await underLoad(senders, restMs, 3_000);
  expect(emitted).toBeGreaterThan(10);
  expect(notified).toBeLessThanOrEqual(emitted);
});
