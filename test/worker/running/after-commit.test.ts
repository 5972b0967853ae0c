// afterCommit in a receiver: the delivery is completed by then, so the callback keeps neither a slot nor a stopping
// worker.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal, type Signalbox } from '../../../src/index.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { recordingLogger } from '../../support/log.ts';

const happened = defineSignal('afterCommit.happened', z.object({}));

const forever = (): Promise<void> => new Promise(() => {});

function hanging(options: { timeout?: number } = {}) {
  const boxes: Signalbox[] = [];
  class Hanging {
    @OnSignal(happened, options)
    static receive(_payload: object, { tx }: DeliveryContext): void {
      boxes[0]!.afterCommit(tx, forever);
    }
  }
  return { Hanging, boxes };
}

test.for(DRIVERS)('%s: a callback that never ends keeps no slot, and is reported with its receiver', async (driver) => {
  const { Hanging, boxes } = hanging({ timeout: 300 });
  const { log, lines } = recordingLogger();
  await using h = await openBehindProxy(driver, { services: [Hanging], log });
  boxes.push(h.box);
  let left = 5;
  const completed = h.box.next('delivery.completed', () => --left === 0);
  await h.db.transaction(async (tx) => void (await happened.emitMany(tx, [{}, {}, {}, {}, {}])));
  await using worker = h.box.worker({ pollInterval: 50, concurrency: 1, prefetch: 0 });
  await worker.start();
  await completed;
  expect(await readDeliveries(h.sql)).toMatchObject(Array.from({ length: 5 }, () => ({ state: 'completed', attempt: 1 })));
  // All callbacks have ended when the worker has stopped by itself.
  await worker.stop();
  const told = lines.filter(({ message }) => message?.includes('does not end'));
  expect(told).toHaveLength(5);
  expect(told[0]?.fields).toMatchObject({ receiver: 'Hanging.receive' });
});

test.for(DRIVERS)('%s: a stopping worker waits for a callback no longer than for a receiver', async (driver) => {
  const { Hanging, boxes } = hanging();
  await using h = await openBehindProxy(driver, { services: [Hanging] });
  boxes.push(h.box);
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  await using worker = h.box.worker({ pollInterval: 50, shutdownTimeout: 10 });
  const completed = h.box.next('delivery.completed');
  await worker.start();
  await completed;
  await worker.stop();
  expect(await h.sql`select from signalbox.worker`).toEqual([]);
});
