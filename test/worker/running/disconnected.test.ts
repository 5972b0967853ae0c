// Receivers are disconnected after their deliveries were claimed: these wait for a process that has the receivers, or
// for their return.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type SignalboxEvents } from '../../../src/index.ts';
import { Events } from '../../../src/observe/events.ts';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { ReleaseItem } from '../../../src/store/deliveries/deliveries.ts';
import { UnservedDeliveries } from '../../../src/worker/running/unserved-delivery.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { harness } from '../../support/harness.ts';
import { recordingLogger } from '../../support/log.ts';

const happened = defineSignal('disconnected.happened', z.object({}));
const other = defineSignal('disconnected.other', z.object({}));
const ROWS = 12;

test('a claimed delivery of a receiver that is then disconnected is released with a delay, and a warning', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ log, services: [] });
  let runs = 0;
  let disconnected: Promise<unknown> | undefined;
  const receive = async (): Promise<void> => {
    runs++;
    disconnect();
    // Later claims no longer include the receiver.
    await (disconnected ??= h.box.receivers.announce());
  };
  const disconnect = h.box.receivers.connect(happened, receive, { name: 'Leaving' });
  // With prefetch, more is claimed than runs at once.
  h.box.receivers.connect(other, () => {}, { name: 'Batches', batch: 50 });
  await h.db.transaction(
    async (tx) =>
      void (await happened.emitMany(
        tx,
        Array.from({ length: ROWS }, () => ({})),
      )),
  );
  const released: SignalboxEvents['delivery.released'][] = [];
  h.box.on('delivery.released', (event) => released.push(event));
  const { completed } = await h.box.drain();
  expect(completed).toBe(runs);
  expect(runs).toBeLessThan(ROWS);
  expect(released).toHaveLength(ROWS - runs);
  expect(released[0]).toMatchObject({ signal: '', receiver: '', attempt: 1, epoch: 1 });
  const warned = lines.filter(({ level }) => level === 'warn');
  const [{ id: receiverId }] = await h.sql<[{ id: number }]>`select id from signalbox.receiver where name = 'Leaving'`;
  expect(warned).toMatchObject([{ fields: { deliveryId: expect.stringMatching(/^\d+$/) as string, receiverId } }]);
  const waiting = await h.sql`
    select attempt, crashes, run_at > e.emitted_at + interval '0.7 seconds' as delayed
    from signalbox.delivery d join signalbox.emission e on e.id = d.emission_id where d.state = 'ready'`;
  expect([...waiting]).toEqual(Array.from({ length: ROWS - runs }, () => ({ attempt: 0, crashes: 0, delayed: true })));
  h.box.receivers.connect(happened, () => void runs++, { name: 'Leaving' });
  expect(await h.box.drain({ ahead: '1m' })).toMatchObject({ completed: ROWS - completed });
  expect((await readDeliveries(h.sql)).map(({ state, attempt }) => [state, attempt])).toEqual(
    Array.from({ length: ROWS }, () => ['completed', 1]),
  );
});

test('a delivery that returns again and again waits longer each time, and gives one warning in a row', async () => {
  const { log, lines } = recordingLogger();
  const released: ReleaseItem[] = [];
  const events = new Events(log);
  let told = 0;
  events.on('delivery.released', () => told++);
  let isHeld = true;
  const unserved = new UnservedDeliveries({ log, events, release: async (item) => (released.push(item), isHeld) });
  const delivery = { id: '7', epoch: 3, workerId: 5, receiverId: 9 } as ClaimedDelivery;
  for (const now of [0, 1, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000]) await unserved.putOff(delivery, now, 0.5);
  expect(released[0]).toEqual({ id: '7', epoch: 3, workerId: 5, delayMs: 1_000 });
  expect(released.map(({ delayMs }) => delayMs)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  const warnings = (): number => lines.filter(({ level }) => level === 'warn').length;
  expect([told, warnings()]).toEqual([8, 1]);
  await unserved.putOff(delivery, 121_000, 0.5);
  expect([released.at(-1)!.delayMs, told, warnings()]).toEqual([1_000, 9, 2]);
  // By then the delivery belongs to another worker.
  isHeld = false;
  await unserved.putOff(delivery, 122_000, 0.5);
  expect([told, lines.length]).toEqual([9, 9]);
});
