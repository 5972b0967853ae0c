// Receivers of batches: several deliveries in one call and one transaction, each with its own outcome.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { type BatchContext, type DetachedBatchContext, Discard, OnSignal, RetryAfter, Unrecoverable } from '../../../src/index.ts';
import { untilBlocked } from '../../store/waits.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { createEffects, effects, readEffects, readErrors } from '../../support/effects.ts';
import { harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';
import { recordingLogger } from '../../support/log.ts';
import { emit, ended, ends, happened, type Item, open, receiverThat, runs, valueOf, xids } from './batch-fixture.ts';

test.for(DRIVERS)('%s: fifty deliveries share one call and one transaction', async (driver) => {
  const { Receiver, calls } = receiverThat();
  await using h = await openBehindProxy(driver, { services: [Receiver] });
  await h.box.receivers.announce();
  await emit(h.direct, 100);
  const seen: string[] = [];
  for (const event of ['delivery.started', 'delivery.completed', 'delivery.stale'] as const) h.box.on(event, () => seen.push(event));
  await using worker = h.box.worker({ concurrency: 1 });
  const done = ended(h, 100);
  await worker.start();
  await done;
  expect(calls.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(calls[0]).toHaveLength(50);
  expect(await xids(h)).toBe(calls.length);
  expect(new Set(await ends(h))).toEqual(new Set(['completed 1']));
  expect(await readEffects(h.sql)).toHaveLength(100);
  expect(seen.filter((event) => event === 'delivery.started')).toHaveLength(100);
  expect(seen).not.toContain('delivery.stale');
});

test('the effects and the settlements of a batch are in one transaction', async () => {
  const { Receiver } = receiverThat((items) => items[1]!.fail(new Discard('not mine')));
  await using h = await open([Receiver], 3);
  await h.box.drain();
  const transactions = await h.sql`
    select xmin::text from effect union select xmin::text from signalbox.settled union select xmin::text from signalbox.delivery_error`;
  expect(transactions).toHaveLength(1);
});

test('an item describes its delivery; the batch has the values that all share', async () => {
  const told: unknown[] = [];
  const { Receiver } = receiverThat((items, context) => {
    for (const { emission, attempt, idempotencyKey, payload } of items)
      told.push([emission.signal, emission.headers, attempt, payload, idempotencyKey.startsWith(emission.id)]);
    told.push(context.abortSignal.aborted);
    context.log.info({}, 'all');
    items[0]!.log.info({}, 'one');
  });
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Receiver], log });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await happened.emitMany(tx, [{ value: 1 }, { value: 2 }], { headers: { by: 'me' } })));
  await h.box.drain();
  const item = (value: number): unknown[] => ['batch.happened', { by: 'me' }, 1, { value }, true];
  expect(told).toEqual([item(1), item(2), false]);
  expect(lines.find(({ message }) => message === 'all')).toMatchObject({ fields: { receiver: 'Receiver.receive', batch: 2 } });
  expect(lines.find(({ message }) => message === 'one')).toMatchObject({ fields: { receiver: 'Receiver.receive', deliveryId: '1' } });
});

test.each([
  ['is left out, and the others go on', 1, [[1, 3]]],
  ['is left out; with none left the receiver is not called', 3, []],
])('a reclaimed delivery %s', async (_what, taken, expected) => {
  const { Receiver, calls } = receiverThat();
  await using h = await open([Receiver], 3);
  const held = (runs.held = { entered: new Latch(), gate: new Latch() });
  const stale: string[] = [];
  h.box.on('delivery.stale', ({ deliveryId }) => stale.push(deliveryId));
  const drained = h.box.drain();
  await held.entered.opened;
  const ids = taken === 1 ? ['2'] : ['1', '2', '3'];
  await h.sql`
    update signalbox.delivery set state = 'ready', epoch = 2, run_at = now() + interval '1 hour', worker_id = null where id = any(${ids})`;
  held.gate.open();
  runs.held = undefined;
  expect(await drained).toMatchObject({ completed: 3 - taken, retrying: 0 });
  expect(calls).toEqual(expected);
  expect(stale).toEqual(ids);
});

test('the deliveries of a batch are locked until its end: no worker can reclaim them meanwhile', async () => {
  let taken: Promise<unknown> = Promise.resolve();
  const { Receiver } = receiverThat(async () => {
    taken = h.sql`update signalbox.delivery set epoch = epoch + 1 returning id`.then((rows) => rows.length);
    await untilBlocked(h.sql);
  });
  await using h = await open([Receiver], 2);
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(await taken).toBe(0);
});

test('an item that fails is retried alone, with its error; the others complete in the same commit', async () => {
  const { Receiver, calls } = receiverThat((items, _context, call) => {
    if (call === 1) items[1]!.fail(new Error('not now'));
  });
  await using h = await open([Receiver], 3);
  const retrying = h.box.next('delivery.retrying');
  expect(await h.box.drain()).toMatchObject({ completed: 2, retrying: 1 });
  expect(await retrying).toMatchObject({ deliveryId: '2', attempt: 1, error: { message: 'not now' } });
  expect(await ends(h)).toEqual(['completed 1', 'ready 1', 'completed 1']);
  expect(await readErrors(h.sql)).toMatchObject([{ message: 'not now', attempt: 1 }]);
  expect(await h.box.drain({ ahead: '2h' })).toMatchObject({ completed: 1 });
  expect(calls).toEqual([[1, 2, 3], [2]]);
  expect(await ends(h)).toEqual(['completed 1', 'completed 2', 'completed 1']);
});

test('the writes for a failed item are undone by its savepoint', async () => {
  class Careful {
    @OnSignal(happened, { batch: 10 })
    static async receive(items: Item[], { tx }: BatchContext): Promise<void> {
      for (const item of items)
        try {
          await tx.transaction(async (savepoint) => {
            await savepoint.insert(effects).values({ receiver: 'careful', value: valueOf(item) });
            if (valueOf(item) === 2) await savepoint.execute(sql`select 1 / 0`);
          });
        } catch (error) {
          item.fail(error);
        }
    }
  }
  await using h = await open([Careful], 3);
  expect(await h.box.drain()).toMatchObject({ completed: 2, retrying: 1 });
  expect(await readEffects(h.sql)).toEqual(['careful:1', 'careful:3']);
  expect(await xids(h)).toBe(2);
});

test('an item can be discarded, failed for good or delayed, and the first call counts', async () => {
  const { Receiver } = receiverThat((items) => {
    items[0]!.fail(new Discard('not mine'));
    items[1]!.fail(new Unrecoverable('never'));
    items[1]!.fail(new Error('a second word'));
    items[2]!.fail(new RetryAfter('2h'));
  });
  await using h = await open([Receiver], 4);
  expect(await h.box.drain()).toEqual({ completed: 1, retrying: 1, dead: 1, cancelled: 1, released: 0 });
  expect(await ends(h)).toEqual(['cancelled 1', 'dead 1', 'ready 0', 'completed 1']);
  expect((await readErrors(h.sql)).map(({ name }) => name)).toEqual(['Discard', 'Unrecoverable', 'RetryAfter']);
});

test('a call after the end of the batch changes nothing, and is logged', async () => {
  const { log, lines } = recordingLogger();
  let late: Item | undefined;
  const { Receiver } = receiverThat((items) => void (late = items[0]));
  await using h = await harness({ services: [Receiver], log });
  await createEffects(h.sql);
  await emit(h.db, 1);
  await h.box.drain();
  late!.fail(new Error('too late'));
  expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ message: expect.stringContaining('changes nothing') as string }]);
  expect(await ends(h)).toEqual(['completed 1']);
});

test('a payload that cannot be read fails only its own delivery', async () => {
  const { Receiver, calls } = receiverThat();
  await using h = await open([Receiver], 3);
  await h.sql`update signalbox.emission set payload = '{}' where (payload ->> 'value')::int = 2`;
  expect(await h.box.drain()).toMatchObject({ completed: 2, retrying: 1 });
  expect(calls).toEqual([[1, 3]]);
  expect(await readErrors(h.sql)).toMatchObject([{ message: expect.stringContaining('batch.happened') as string }]);
});

test('the server also ends the transaction of a batch that takes much too long', async () => {
  const settings: unknown[] = [];
  const { Receiver } = receiverThat(
    async (_items, { tx }) => {
      const [row] = await tx.execute(
        sql`select current_setting('statement_timeout') as statement, current_setting('application_name') as name`,
      );
      settings.push(row);
    },
    { timeout: '2s' },
  );
  await using h = await open([Receiver], 2);
  await h.box.drain();
  expect(settings).toEqual([{ statement: '7s', name: expect.stringMatching(/^signalbox worker \d+$/) as string }]);
});

test('without a transaction, each item has the outcome that it was given', async () => {
  class Remote {
    @OnSignal(happened, { batch: 10, transactional: false })
    static async receive(items: Item[], context: DetachedBatchContext): Promise<void> {
      expect(context).not.toHaveProperty('tx');
      items[0]!.fail(new Error('not now'));
      items[1]!.fail(new Discard('not mine'));
    }
  }
  await using h = await open([Remote], 3);
  expect(await h.box.drain()).toEqual({ completed: 1, retrying: 1, dead: 0, cancelled: 1, released: 0 });
  expect(await ends(h)).toEqual(['ready 1', 'cancelled 1', 'completed 1']);
});
