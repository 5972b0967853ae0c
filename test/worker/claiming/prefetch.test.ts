// Deliveries that a worker claims ahead of its free slots, in a real database: no other worker waits for them for long.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('prefetch.happened', z.object({ slow: z.boolean() }));

/** A receiver whose slow delivery waits until the test opens `gate`. */
function slowOne() {
  const gate = new Latch();
  class Receiver {
    @OnSignal(happened, { transactional: false })
    static async receive({ slow }: { slow: boolean }): Promise<void> {
      if (slow) await gate.opened;
    }
  }
  return { Receiver, gate };
}

const statesOf = async ({ sql }: Harness): Promise<string[]> =>
  (await sql<{ state: string }[]>`select state || ' ' || attempt as state from signalbox.delivery order by id`).map(({ state }) => state);

/** Emits quick deliveries, so that the worker claims ahead, then a slow one for the only slot, and some behind it. */
async function emitQuickThenSlow({ db }: Harness): Promise<void> {
  await db.transaction(async (tx) => {
    await happened.emitMany(
      tx,
      Array.from({ length: 400 }, (_, index) => ({ slow: index === 200 })),
    );
  });
}

test('deliveries behind a slow receiver are released within a second, and another worker runs them', async () => {
  const { Receiver, gate } = slowOne();
  await using h = await harness({ services: [Receiver] });
  await emitQuickThenSlow(h);
  const worker = h.box.worker({ concurrency: 1 });
  await worker.start();
  await expect.poll(async () => (await statesOf(h)).length).toBe(200);
  expect((await statesOf(h)).filter((state) => state === 'running 1').length).toBeGreaterThan(1);
  await using other = h.another({ services: [Receiver] }).worker({ concurrency: 1 });
  await other.start();
  await expect.poll(() => statesOf(h), { timeout: 10_000 }).toEqual(['running 1']);
  gate.open();
  await expect.poll(() => statesOf(h)).toEqual([]);
  await worker.stop();
});

test('deliveries that were claimed ahead are released at once when the worker stops, and cost no attempt', async () => {
  const { Receiver, gate } = slowOne();
  await using h = await harness({ services: [Receiver] });
  await emitQuickThenSlow(h);
  const worker = h.box.worker({ concurrency: 1, pollInterval: '30s' });
  await worker.start();
  await expect.poll(async () => (await statesOf(h)).filter((state) => state === 'running 1').length).toBeGreaterThan(1);
  await expect.poll(async () => (await statesOf(h)).length).toBe(200);
  const stopped = worker.stop();
  await expect.poll(() => statesOf(h)).toEqual(['running 1', ...Array.from({ length: 199 }, () => 'ready 0')]);
  gate.open();
  await stopped;
  expect(await statesOf(h)).toEqual(Array.from({ length: 199 }, () => 'ready 0'));
});

test('without prefetch a worker holds only the deliveries that it runs', async () => {
  const { Receiver, gate } = slowOne();
  await using h = await harness({ services: [Receiver] });
  await emitQuickThenSlow(h);
  const worker = h.box.worker({ concurrency: 1, prefetch: 0 });
  await worker.start();
  await expect.poll(async () => (await statesOf(h)).length, { timeout: 10_000 }).toBe(200);
  expect((await statesOf(h)).filter((state) => state === 'running 1')).toHaveLength(1);
  gate.open();
  await worker.stop();
});

test('a prefetch out of bounds is refused', async () => {
  const { Receiver } = slowOne();
  await using h = await harness({ services: [Receiver] });
  for (const prefetch of [-1, 0.5, 10_001])
    expect(() => h.box.worker({ prefetch })).toThrow(expect.objectContaining({ code: 'InvalidOption' }) as Error);
});
