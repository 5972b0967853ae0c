// Deliveries that wait for receivers whose code no process here has are reported, because nothing else would show them.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const happened = defineSignal('waiting.happened', z.object({}));

class Before {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

class After {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

/** Emits `times` for `Before`, which the box does not know. */
async function abandon(h: Harness, times: number): Promise<void> {
  const before = h.another({ services: [Before] });
  for (let time = 0; time < times; time++) await before.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
}

test('an announcement counts the due deliveries of each receiver that the box does not have', async () => {
  await using h = await harness({ services: [After] });
  await abandon(h, 3);
  await h.sql`update signalbox.delivery set run_at = now() + interval '1 hour' where id = (select min(id) from signalbox.delivery)`;
  expect(await h.box.receivers.announce()).toMatchObject({
    added: [{ name: 'After.receive' }],
    elsewhere: [{ name: 'Before.receive', waiting: 2 }],
  });
  expect((await h.another({ services: [Before] }).receivers.announce()).elsewhere).toMatchObject([{ name: 'After.receive', waiting: 0 }]);
});

test('deliveries that a worker runs do not count as waiting', async () => {
  await using h = await harness({ services: [After] });
  h.leaves('deliveries', 'it is told to be running by hand');
  await abandon(h, 1);
  await h.sql`update signalbox.delivery set state = 'running'`;
  expect((await h.box.receivers.announce()).elsewhere).toMatchObject([{ name: 'Before.receive', waiting: 0 }]);
});

test('a starting worker warns of deliveries that have waited for a minute for receivers that it does not have', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [After], log });
  await abandon(h, 2);
  const warnings = async (): Promise<(string | undefined)[]> => {
    lines.length = 0;
    await using worker = h.box.worker();
    await worker.start();
    return lines.filter(({ fields }) => 'receiver' in fields && fields.receiver === 'Before.receive').map(({ message }) => message);
  };
  expect(await warnings()).toEqual([]);
  await h.sql`update signalbox.delivery set run_at = now() - interval '61 seconds'`;
  expect(await warnings()).toEqual([
    "2 deliveries wait for Before.receive, which this box does not have: another program's, renamed without `formerly`, or gone",
  ]);
});
