// The effect of an abort signal on each call that waits.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type Signalbox } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('waits.happened', z.object({}));
const other = defineSignal('waits.other', z.object({}));
const reason = new Error('no time left');

type Wait = (box: Signalbox, abortSignal: AbortSignal, emissionId: string) => Promise<unknown>;

const runs: [what: string, wait: Wait][] = [
  ['drain', (box, abortSignal) => box.drain({ abortSignal })],
  ['tick', (box, abortSignal) => box.worker({ concurrency: 1 }).tick({ abortSignal })],
];
const waits: [what: string, wait: Wait][] = [
  ...runs,
  ['settled', (box, abortSignal, emissionId) => box.emissions.settled(emissionId, { abortSignal })],
  ['next', (box, abortSignal) => box.next('delivery.dead', undefined, { abortSignal })],
];

async function emit(h: Harness): Promise<string> {
  return (await h.db.transaction(async (tx) => happened.emitReliable(tx, {}))).emissionId;
}

/** A receiver that waits for its interruption. */
function stubborn(h: Harness): { entered: Latch; calls(): number } {
  const entered = new Latch();
  let calls = 0;
  h.box.receivers.connect(
    happened,
    async () => {
      calls++;
      entered.open();
      await new Promise(() => {});
    },
    { name: 'stubborn' },
  );
  return { entered, calls: () => calls };
}

test.each(runs)(
  '%s that is aborted interrupts its receivers, starts nothing more, and leaves all deliveries ready',
  async (_what, wait) => {
    await using h = await harness();
    const { entered } = stubborn(h);
    // So that one claim takes more deliveries than run at once.
    h.box.receivers.connect(other, () => {}, { name: 'batches', batch: 50 });
    let started = 0;
    h.box.on('delivery.started', () => started++);
    for (let times = 0; times < 15; times++) await emit(h);
    const abort = new AbortController();
    const waiting = wait(h.box, abort.signal, '');
    await entered.opened;
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(started).toBeLessThan(15);
    const left = await readDeliveries(h.sql);
    expect([left.length, new Set(left.map(({ state, attempt }) => `${state} ${attempt}`))]).toEqual([15, new Set(['ready 0'])]);
  },
);

test.each(waits)('%s that was aborted before rejects at once, and calls nothing', async (_what, wait) => {
  await using h = await harness();
  const { calls } = stubborn(h);
  const emissionId = await emit(h);
  await expect(wait(h.box, AbortSignal.abort(reason), emissionId)).rejects.toBe(reason);
  expect(calls()).toBe(0);
});

test.each(waits.slice(runs.length))('%s ends with the reason of its signal', async (_what, wait) => {
  await using h = await harness();
  stubborn(h);
  const abort = new AbortController();
  const waiting = wait(h.box, abort.signal, await emit(h));
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('next returns an event that came before the abort, and a later abort has no effect on it', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, { name: 'quick' });
  const abort = new AbortController();
  const next = h.box.next('delivery.completed', undefined, { abortSignal: abort.signal });
  await emit(h);
  expect(await h.box.drain({ abortSignal: abort.signal })).toMatchObject({ completed: 1 });
  abort.abort(reason);
  expect(await next).toMatchObject({ receiver: 'quick' });
});

test('run that is aborted stops its worker like a signal to the process, and returns', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, { name: 'quick' });
  const abort = new AbortController();
  const started = h.box.next('worker.started');
  const running = h.box.worker().run({ abortSignal: abort.signal });
  await started;
  abort.abort(reason);
  await running;
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('run that was aborted before returns without a start', async () => {
  await using h = await harness();
  const worker = h.box.worker();
  await worker.run({ abortSignal: AbortSignal.abort(reason) });
  await worker.start();
  await worker.stop();
});
