// A receiver that is connected while its worker runs: only the worker's next claim announces it.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal } from '../../src/index.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('connected-later.happened', z.object({}));

test('a worker takes deliveries for a receiver that was connected after it started', async () => {
  await using h = await harness();
  await using worker = h.box.worker({ pollInterval: 20 });
  await worker.start();
  let runs = 0;
  h.box.receivers.connect(happened, () => void runs++, { name: 'Late.receive' });
  await expect.poll(() => h.sql`select from signalbox.receiver where name = 'Late.receive'`).toHaveLength(1);
  const completed = h.box.next('delivery.completed');
  const sender = h.another({ services: [] });
  const { deliveries } = await sender.db.transaction(async (tx) => happened.emitReliable(tx, {}));
  expect(deliveries).toBe(1);
  await completed;
  expect(runs).toBe(1);
});
