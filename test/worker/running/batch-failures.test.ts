// A batch whose call fails, times out, is interrupted or loses its connection: the deliveries that have failed then,
// and those that have not.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { type BatchContext, OnSignal } from '../../../src/index.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { effects, readEffects, readErrors } from '../../support/effects.ts';
import { rootCode } from '../../support/errors.ts';
import { harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';
import { emit, ended, ends, happened, type Item, open, receiverThat, times, valueOf } from './batch-fixture.ts';

test.each([true, false])(
  'when the receiver throws, all deliveries run singly, and only the bad one has failed (transactional: %s)',
  async (transactional) => {
    const calls: number[][] = [];
    const receive = (items: Item[]): void => {
      calls.push(items.map(valueOf));
      if (items.some((item) => valueOf(item) === 2)) throw new Error('bad');
    };
    await using h = await harness();
    if (transactional) h.box.receivers.connect(happened, receive, { name: 'throws', batch: 10 });
    else h.box.receivers.connect(happened, receive, { name: 'throws', batch: 10, transactional: false });
    await emit(h.db, 3);
    const started: string[] = [];
    h.box.on('delivery.started', ({ deliveryId }) => started.push(deliveryId));
    expect(await h.box.drain()).toMatchObject({ completed: 2, retrying: 1 });
    expect(calls).toEqual([[1, 2, 3], [1], [2], [3]]);
    expect(await readDeliveries(h.sql)).toMatchObject([
      { state: 'completed', attempt: 1, epoch: 1 },
      { state: 'ready', attempt: 1, epoch: 1 },
      { state: 'completed', attempt: 1, epoch: 1 },
    ]);
    expect(await readErrors(h.sql)).toMatchObject([{ message: 'bad' }]);
    expect(started).toEqual(['1', '2', '3']);
  },
);

test.each([
  [
    'throws',
    () => {
      throw new Error('on purpose');
    },
  ],
  ['swallows the error of a query', ({ tx }: BatchContext) => tx.execute(sql`select 1 / 0`).catch(() => {})],
  ['has a COMMIT that is refused', ({ tx }: BatchContext) => tx.execute(sql`insert into once values (1)`)],
] as const)('a batch that %s leaves nothing behind, and runs singly', async (_what, script) => {
  const { Receiver, calls } = receiverThat((items, context) => (items.length > 1 ? script(context) : undefined));
  await using h = await open([Receiver], 3);
  await h.sql`create table once (id int, constraint once_only unique (id) deferrable initially deferred)`;
  await h.sql`insert into once values (1)`;
  expect(await h.box.drain()).toMatchObject({ completed: 3 });
  expect(calls).toEqual([[1, 2, 3], [1], [2], [3]]);
  expect(await readEffects(h.sql)).toEqual(['batch:1', 'batch:2', 'batch:3']);
  expect([await ends(h), await readErrors(h.sql)]).toEqual([times(3, 'completed 1'), []]);
});

test('the rollback of a floating savepoint does not undo the settlement of a batch', async () => {
  const { Receiver } = receiverThat((_items, { tx }) => {
    void tx
      .transaction(async (savepoint) => {
        await savepoint.execute(sql`select pg_sleep(0.2)`);
        throw new Error('rolled back');
      })
      .catch(() => {});
  });
  await using h = await open([Receiver], 2);
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(await ends(h)).toEqual(times(2, 'completed 1'));
  expect(await readEffects(h.sql)).toHaveLength(2);
});

test('an unnoticed query failure is the failure of a batch of one, and is reported as that query error', async () => {
  const { Receiver } = receiverThat((_items, { tx }) => tx.execute(sql`select 1 / 0`).catch(() => {}));
  await using h = await open([Receiver], 1);
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  expect(await readErrors(h.sql)).toMatchObject([{ message: expect.stringContaining('its error was caught') as string }]);
});

test('a receiver that deletes the deliveries from the tables has failed', async () => {
  const { Receiver } = receiverThat((_items, { tx }) => tx.execute(sql`update signalbox.delivery set epoch = epoch + 1`));
  await using h = await open([Receiver], 1);
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  expect(await readEffects(h.sql)).toEqual([]);
});

/** Fails only the first settlement: a sequence is not rolled back. */
const refuseFirstEnd = (errcode: string): string => `
  create sequence tries; create function refuse() returns trigger language plpgsql as $$ begin
    if nextval('tries') = 1 then raise exception 'a moment' using errcode = '${errcode}'; end if; return null; end $$;
  create trigger refuse after insert on signalbox.settled for each row execute function refuse()`;

test('settlements that conflict with another transaction run again at once, as the same batch', async () => {
  const { Receiver, calls } = receiverThat();
  await using h = await open([Receiver], 2);
  await h.sql.unsafe(refuseFirstEnd('40001'));
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(calls.map((call) => call.length)).toEqual([2, 2]);
  expect([await ends(h), await readErrors(h.sql)]).toEqual([times(2, 'completed 1'), []]);
});

test('a settlement that the rows themselves make impossible counts as a failure', async () => {
  const { Receiver, calls } = receiverThat();
  await using h = await open([Receiver], 2);
  await h.sql.unsafe(refuseFirstEnd('23514'));
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(calls.map((call) => call.length)).toEqual([2, 1, 1]);
});

test.for(['58030', 'XX000', '53100', '25006', 'P0001'])(
  'settlements that the database refuses with %s are no failure: the batch is released',
  async (errcode) => {
    const { Receiver, calls } = receiverThat();
    await using h = await open([Receiver], 2);
    await h.sql.unsafe(refuseFirstEnd(errcode));
    const released = ended(h, 2, 'delivery.released');
    await h.box.drain();
    await released;
    expect(await h.box.drain({ ahead: '1m' })).toMatchObject({ completed: 2 });
    expect(calls.map((call) => call.length)).toEqual([2, 2]);
    expect([await ends(h), await readErrors(h.sql)]).toEqual([times(2, 'completed 1'), []]);
  },
);

test('the timeout is that of the whole call: a batch that takes longer runs singly, its queries refused', async () => {
  let late: Promise<unknown> = Promise.resolve();
  const { Receiver, calls } = receiverThat(
    async (items, { abortSignal, tx }) => {
      if (items.length === 1) return;
      await new Promise((resolve) => abortSignal.addEventListener('abort', resolve));
      late = tx
        .insert(effects)
        .values({ receiver: 'late', value: 0 })
        .then(undefined, (error: unknown) => error);
      await late;
    },
    { timeout: 1_000 },
  );
  await using h = await open([Receiver], 2);
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(rootCode(await late)).toBe('TransactionEnded');
  expect(calls).toEqual([[1, 2], [1], [2]]);
  expect(await readEffects(h.sql)).toEqual(['batch:1', 'batch:2']);
});

test.for(DRIVERS)('%s: a connection that is lost during a batch costs no attempt, and nothing is done twice', async (driver) => {
  const { Receiver, calls } = receiverThat(async (_items, { tx }, call) => {
    if (call > 1) return;
    const result = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    const [row] = Array.isArray(result) ? result : (result as unknown as { rows: { pid: number }[] }).rows;
    await h.sql`select pg_terminate_backend(${(row as { pid: number }).pid})`;
    await new Promise<void>(() => {});
  });
  await using h = await openBehindProxy(driver, { services: [Receiver] });
  await h.box.receivers.announce();
  await emit(h.direct, 5);
  await using worker = h.box.worker({ pollInterval: 50 });
  const [released, completed] = [ended(h, 5, 'delivery.released'), ended(h, 5)];
  await worker.start();
  await released;
  await completed;
  expect(calls[0]).toHaveLength(5);
  expect(await ends(h)).toEqual(times(5, 'completed 1'));
  expect((await readEffects(h.sql)).toSorted()).toEqual([1, 2, 3, 4, 5].map((value) => `batch:${value}`));
  expect(await readErrors(h.sql)).toEqual([]);
});

test.for(DRIVERS)('%s: a batch whose COMMIT loses its answer is completed, and its afterCommit callbacks run once', async (driver) => {
  const told: string[] = [];
  const { Receiver, calls } = receiverThat((_items, { tx }) => h.box.afterCommit(tx, () => told.push('after')));
  await using h = await openBehindProxy(driver, { services: [Receiver] });
  await h.box.receivers.announce();
  await emit(h.direct, 4);
  const cut = h.proxy.nextCommit('its answer is lost');
  const completed = ended(h, 4);
  await using worker = h.box.worker({ pollInterval: 50 });
  await worker.start();
  await completed;
  await cut;
  expect([calls.length, told]).toEqual([1, ['after']]);
  expect(await ends(h)).toEqual(times(4, 'completed 1'));
});

test('a stopping worker releases a whole batch, at no cost of an attempt', async () => {
  const running = new Latch();
  const { Receiver, calls } = receiverThat(async (_items, { abortSignal }) => {
    running.open();
    await new Promise((_resolve, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error)));
  });
  await using h = await open([Receiver], 3);
  await using worker = h.box.worker();
  const released = ended(h, 3, 'delivery.released');
  await worker.start();
  await running.opened;
  await worker.stop({ force: true });
  await released;
  expect(calls).toHaveLength(1);
  const left = await readDeliveries(h.sql);
  expect(left).toMatchObject(times(3, { state: 'ready', attempt: 0 }));
  // A claim and its release each raise it; what waited for long on a slow machine was released and claimed again.
  for (const { epoch } of left) expect([epoch >= 2, epoch % 2]).toEqual([true, 0]);
  expect(await readErrors(h.sql)).toEqual([]);
});

test('without a transaction, a batch that takes too long runs singly', async () => {
  const calls: number[][] = [];
  class Remote {
    @OnSignal(happened, { batch: 10, transactional: false, timeout: 100 })
    static async receive(items: Item[]): Promise<void> {
      calls.push(items.map(valueOf));
      if (items.length > 1) await new Promise<void>(() => {});
    }
  }
  await using h = await open([Remote], 2);
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(calls).toEqual([[1, 2], [1], [2]]);
});
