// Gauges: what is counted for each receiver, under whichever of its names the deliveries are.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, addWorker, openStore } from '../rows.ts';

test('what waits, runs and is dead is counted for each receiver, and replaces what was counted before', async () => {
  await using h = await openStore();
  const { sql, store } = h;
  const [root, idle] = [await addReceiver(sql, 'A.now'), await addReceiver(sql, 'B.idle')];
  const former = await addReceiver(sql, 'A.former');
  await sql`update signalbox.receiver set root_id = ${root}, last_seen_at = null where id = ${former}`;
  const worker = await addWorker(sql);
  await addDelivery(sql, root, { state: 'running', worker, dueInSeconds: -540 });
  await addDelivery(sql, root, { dueInSeconds: -420 });
  await addDelivery(sql, former, { dueInSeconds: -300 });
  await addDelivery(sql, root, { dueInSeconds: 300 });
  await addDelivery(sql, root, { state: 'running', worker, dueInSeconds: 360 });
  for (const state of ['dead', 'dead', 'cancelled', 'completed'] as const)
    await sql`insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      values (0, gen_random_uuid(), ${root}, 1, 0, ${state}, 1, 1, 0, now())`;

  await store.tallies.sample();
  const read = async (): Promise<unknown[]> =>
    (await store.tallies.gauges()).map(({ receiver, due, running, later, dead }) => [receiver, due, running, later, dead]);
  expect(await read()).toEqual([
    ['A.now', 2, 2, 1, 2],
    ['B.idle', 0, 0, 0, 0],
  ]);
  const [gauge, none] = await store.tallies.gauges();
  expect(Math.round((Date.now() - gauge!.oldest_due_ms!) / 60_000)).toBe(7);
  expect(none!.oldest_due_ms).toBeNull();

  await sql`delete from signalbox.delivery`;
  await addDelivery(sql, idle);
  await store.tallies.sample();
  expect(await read()).toEqual([
    ['A.now', 0, 0, 0, 2],
    ['B.idle', 1, 0, 0, 0],
  ]);
});
