// One rescue reclaims all deliveries of dead workers, however many rounds that takes.
import { expect, test } from 'vitest';
import type { SignalboxError } from '../../src/errors.ts';
import { Events } from '../../src/observe/events.ts';
import { RESCUE_BATCH } from '../../src/store/workers/workers.ts';
import { rescueDeliveries } from '../../src/liveness/rescue.ts';
import { addDelivery, addReceiver, addWorker, openStore } from '../store/rows.ts';
import { recordingLogger } from '../support/log.ts';

test.each([2_500, 2 * RESCUE_BATCH])('one rescue reclaims all %i deliveries of a dead worker, and forgets the worker', async (count) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at, state, epoch, attempt, worker_id)
    select gen_random_uuid(), ${receiver}, 1, now(), 'running', 1, 1, ${dead} from generate_series(1, ${count})`;
  const events = new Events(recordingLogger().log);
  const told = new Set<string>();
  events.on('delivery.rescued', ({ deliveryId }) => told.add(deliveryId));
  expect(await rescueDeliveries(h.store.workers, events, 7)).toBe(count);
  expect(told.size).toBe(count);
  expect([...(await h.sql`select state, epoch, count(*)::int as count from signalbox.delivery group by 1, 2`)]).toEqual([
    { state: 'ready', epoch: 2, count },
  ]);
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('a delivery in an open transaction does not keep the rescue from ending', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const count = RESCUE_BATCH + 2;
  await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at, state, epoch, attempt, worker_id)
    select gen_random_uuid(), ${receiver}, 1, now(), 'running', 1, 1, ${dead} from generate_series(1, ${count})`;
  const transaction = await h.hold(async (tx) => {
    await tx`select from signalbox.delivery where id = (select min(d.id) from signalbox.delivery d) for update`;
  });
  const events = new Events(recordingLogger().log);
  expect(await rescueDeliveries(h.store.workers, events, 7)).toBe(count - 1);
  await transaction.rollback();
  expect(await rescueDeliveries(h.store.workers, events, 7)).toBe(1);
});

test('a delivery beyond its crash budget is reported dead; one of a stopping worker is reported rescued, with unchanged crashes', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (const worker of [await addWorker(h.sql, { leaseSeconds: -1 }), await addWorker(h.sql, { leaseSeconds: -1, stopping: true })]) {
    const id = await addDelivery(h.sql, receiver, { state: 'running', epoch: 1, attempt: 1, worker });
    await h.sql`update signalbox.delivery set crashes = 2 where id = ${id}`;
  }
  const events = new Events(recordingLogger().log);
  const told: string[] = [];
  events.on('delivery.dead', ({ error }) => told.push(`dead: ${(error as SignalboxError).code}`));
  events.on('delivery.rescued', ({ crashes }) => told.push(`rescued: ${crashes}`));
  const dead: number[] = [];
  expect(await rescueDeliveries(h.store.workers, events, 7, (receiverId) => dead.push(receiverId))).toBe(1);
  expect(told.toSorted()).toEqual(['dead: CrashBudgetSpent', 'rescued: 2']);
  expect(dead).toEqual([receiver]);
});
