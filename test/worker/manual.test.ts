// Manual mode, for tests of applications: only the test runs deliveries, whatever workers the application starts.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, Service, Token } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';

const happened = defineSignal('manual.happened', z.object({}));
const MISSING = new Token<string>('missing');

@Service()
class Receiving {
  @OnSignal(happened)
  async receive(): Promise<void> {}
}

@Service({ inject: [MISSING] })
class Lacking {
  constructor(readonly missing: string) {}

  @OnSignal(happened)
  async receive(): Promise<void> {}
}

const emit = (h: Harness): Promise<unknown> => h.db.transaction(async (tx) => happened.emitReliable(tx, {}));
const states = async (h: Harness): Promise<string[]> => (await readDeliveries(h.sql)).map(({ state }) => state);
const workers = async (h: Harness): Promise<unknown> => (await h.sql`select count(*)::int as count from signalbox.worker`)[0]!['count'];

test('a started worker does not join the workers and claims nothing; drain and tick run the due deliveries', async () => {
  await using h = await harness({ services: [Receiving], testing: 'manual' });
  await using worker = h.box.worker();
  await worker.start();
  await emit(h);
  expect([await workers(h), await states(h)]).toEqual([0, ['ready']]);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  await emit(h);
  expect(await states(h)).toEqual(['completed', 'ready']);
  await h.box.worker().tick();
  expect(await states(h)).toEqual(['completed', 'completed']);
});

test('the start fails where that of a real worker would fail', async () => {
  await using h = await harness({ services: [Lacking], testing: 'manual' });
  await expect(h.box.worker().start()).rejects.toMatchObject({ code: 'MissingProvider' });
});

test('a worker that claims nothing can be stopped like any other', async () => {
  await using h = await harness({ services: [Receiving], testing: 'manual' });
  const worker = h.box.worker();
  await worker.start();
  await h.box.close();
  await expect(worker.start()).rejects.toMatchObject({ code: 'BoxClosed' });
});
