// box.receivers.checkStored on real rows: live, dead, under any name, in any version.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { addDelivery, addReceiver } from '../store/rows.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('store.happened', z.object({}));

class A {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

test('live and dead deliveries of receivers that the code lacks, and versions that it does not read, are found', async () => {
  await using h = await harness({ services: [A] });
  const problems = async (): Promise<string[]> => (await h.box.receivers.checkStored()).map(({ message }) => message);
  const own = await addReceiver(h.sql);
  const gone = await addReceiver(h.sql, 'Gone.receive');
  await addDelivery(h.sql, own, { dueInSeconds: 3_600 });
  expect(await problems()).toEqual([]);
  await addDelivery(h.sql, gone, { dueInSeconds: 3_600 });
  expect(await problems()).toEqual([
    expect.stringContaining('The database has 1 delivery for it. No receiver of store.happened has the name Gone.receive'),
  ]);
  await h.sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, 1, 0, 'dead', 0, 0, 0, now() from signalbox.delivery where receiver_id = ${gone}`;
  await h.sql`delete from signalbox.delivery where receiver_id = ${gone}`;
  expect(await problems()).toEqual([expect.stringContaining('1 delivery')]);
  await h.sql`update signalbox.settled set state = 'cancelled'`;
  expect(await problems()).toEqual([]);
  await addDelivery(h.sql, own, { version: 7 });
  expect(await problems()).toEqual([expect.stringContaining('store.happened in version 7 for A.receive, and this code reads up to 1')]);
});
