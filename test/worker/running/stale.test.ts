// Runs that begin too late, or end with their connection: a receiver is not called if its delivery belongs to another
// worker by now, or if its worker has been stopped. A worker also does not work in the transaction of its caller.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects, readErrors } from '../../support/effects.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

interface Fixture extends Harness {
  /** The number of calls of the receiver. */
  calls(): number;
  /** Opened when a run has begun: by the check of the stored payload, which then waits for `gate`. */
  readonly entered: Latch;
  readonly gate: Latch;
}

/** A box with one delivery. @param holds whether its runs wait for `gate` before they call the receiver */
async function openBox({ holds = false } = {}): Promise<Fixture> {
  const [entered, gate] = [new Latch(), new Latch()];
  let isStored = false;
  let calls = 0;
  const happened = defineSignal(
    'stale.happened',
    z.object({ value: z.number() }).refine(async () => {
      if (!holds || !isStored) return true;
      entered.open();
      await gate.opened;
      return true;
    }),
  );
  class Counting {
    @OnSignal(happened)
    static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
      calls++;
      await tx.insert(effects).values({ receiver: 'counting', value });
    }
  }
  const h = await harness({ services: [Counting] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  isStored = true;
  return { ...h, calls: () => calls, entered, gate };
}

test.each([
  ['runs elsewhere', 'running', 3, 1],
  ['was taken back', 'ready', 2, null],
  ['runs elsewhere under the same epoch, for a failover has forgotten its claim,', 'running', 1, 1],
])(
  'a worker that wakes up when its delivery %s calls no receiver, writes nothing and reports no failure',
  async (_what, state, epoch, worker) => {
    await using h = await openBox({ holds: true });
    h.leaves('deliveries', 'another has it by then');
    const stale: unknown[] = [];
    h.box.on('delivery.stale', (event) => stale.push(event));
    const drained = h.box.drain();
    await h.entered.opened;
    await h.sql`update signalbox.delivery set state = ${state}, epoch = ${epoch}, run_at = now() + interval '1 hour', worker_id = ${worker}`;
    h.gate.open();
    expect(await drained).toMatchObject({ completed: 0, retrying: 0, dead: 0 });
    expect(stale).toMatchObject([{ epoch: 1 }]);
    expect(h.calls()).toBe(0);
    expect(await readDeliveries(h.sql)).toMatchObject([{ state, epoch }]);
    expect([await readEffects(h.sql), await readErrors(h.sql)]).toEqual([[], []]);
  },
);

test('a worker that claims its running delivery again, because a failover lost the first claim, lets only a third claim count', async () => {
  await using h = await openBox({ holds: true });
  h.leaves('deliveries', 'another has it by then');
  const said: string[] = [];
  for (const event of ['delivery.started', 'delivery.stale', 'delivery.completed'] as const)
    h.box.on(event, ({ epoch }) => said.push(`${event} ${epoch}`));
  await using worker = h.box.worker({ pollInterval: 20 });
  await worker.start();
  await h.entered.opened;
  // The promoted server knows nothing of the claim.
  await h.sql`update signalbox.delivery set state = 'ready', epoch = 0, attempt = 0, worker_id = null`;
  await expect.poll(async () => readDeliveries(h.sql), { timeout: 20_000 }).toMatchObject([{ state: 'running', epoch: 3, attempt: 1 }]);
  const ended = Promise.all([h.box.next('delivery.stale'), h.box.next('delivery.completed')]);
  h.gate.open();
  await ended;
  expect(said.toSorted()).toEqual(['delivery.completed 3', 'delivery.stale 1', 'delivery.started 1', 'delivery.started 3']);
  expect([h.calls(), await readDeliveries(h.sql)]).toMatchObject([1, [{ state: 'completed', epoch: 3, attempt: 1 }]]);
});

test('a run does not call its receiver if a forced stop comes before its transaction has begun', async () => {
  await using h = await openBox({ holds: true });
  const released: unknown[] = [];
  h.box.on('delivery.released', (event) => released.push(event));
  await using worker = h.box.worker({ pollInterval: '1h' });
  await worker.start();
  await h.entered.opened;
  const stopped = worker.stop({ force: true });
  h.gate.open();
  await stopped;
  expect([h.calls(), released.length]).toEqual([0, 1]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0, epoch: 2 }]);
});

test('a connection that is lost at COMMIT is no failure of the receiver, and costs no attempt', async () => {
  await using h = await openBox();
  await h.sql.unsafe(`create function die() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
    create constraint trigger die after insert on effect deferrable initially deferred for each row execute function die()`);
  const released: unknown[] = [];
  h.box.on('delivery.released', (event) => released.push(event));
  await h.box.drain();
  expect([h.calls(), released.length]).toEqual([1, 1]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0, epoch: 2 }]);
  expect([await readEffects(h.sql), await readErrors(h.sql)]).toEqual([[], []]);
});

test.each(['start', 'tick'] as const)('a worker does not work in the transaction in which %s is called', async (method) => {
  await using h = await openBox();
  const told: unknown[] = [];
  h.box.on('delivery.completed', () => {
    try {
      h.box.afterCommit(() => {});
      told.push('in a transaction');
    } catch (error) {
      told.push((error as { code: unknown }).code);
    }
  });
  const completed = h.box.next('delivery.completed');
  await using worker = h.box.worker({ pollInterval: '1h' });
  await h.db.transaction(async (tx) => {
    await tx.execute(sql`select 1`);
    await worker[method]();
    await completed;
  });
  expect(told).toEqual(['NotInTransaction']);
});
