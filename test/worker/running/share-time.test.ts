// The time that a shared transaction may take.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { Latch } from '../../support/latch.ts';
import { effectsOf, exceptions, openWith, receiverThat, values, work } from './share-fixture.ts';

test.for(DRIVERS)(
  '%s: a transaction takes no further delivery when its time is up; those wait again, and are begun once',
  async (driver) => {
    // Quick at first, so that many share a transaction; then each takes longer than all of one may.
    const { Receiver, calls } = receiverThat((value) => (value > 60 && value <= 66 ? pause(30) : undefined));
    await using h = await openWith(driver, Receiver, 90);
    const started: string[] = [];
    h.box.on('delivery.started', ({ deliveryId }) => started.push(deliveryId));
    await work(h, 90);
    const rows = await h.sql<{ n: number }[]>`select count(*)::int as n from at_commit where value between 61 and 66 group by xid`;
    expect(rows.map(({ n }) => n)).toEqual([1, 1, 1, 1, 1, 1]);
    expect([new Set(started).size, started.length, calls.length]).toEqual([90, 90, 90]);
    expect([await effectsOf(h), await exceptions(h)]).toEqual([values(90), []]);
    // Begun in the claim that they had: on a busy machine some may have waited for so long that they were released, but not all.
    const epochs = await h.sql<{ epoch: number }[]>`
      select s.epoch from signalbox.settled s join signalbox.emission e on e.id = s.emission_id where (e.payload ->> 'value')::int between 62 and 66`;
    expect(epochs).toHaveLength(5);
    expect(epochs.some(({ epoch }) => epoch === 1)).toBe(true);
  },
);

test.for(DRIVERS)('%s: what waits again and is begun is under way for its worker, which does not end before it', async (driver) => {
  const [running, gate] = [new Latch(), new Latch()];
  const { Receiver } = receiverThat(async (value) => {
    if (value === 61) await pause(30);
    if (value !== 62) return;
    running.open();
    await gate.opened;
  });
  await using h = await openWith(driver, Receiver, 90);
  await using worker = h.box.worker({ concurrency: 1, pollInterval: 50 });
  const stopping = h.box.next('worker.stopping');
  await worker.start();
  await running.opened;
  // The transaction before has long ended by then.
  expect(await effectsOf(h)).toContain(61);
  const stopped = worker.stop();
  expect((await stopping).running).toBeGreaterThan(0);
  gate.open();
  await stopped;
  expect(await effectsOf(h)).toContain(62);
});
