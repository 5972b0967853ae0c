// box.tallies: what was counted equals what was settled and committed, as a drain and a worker leave it.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, Discard, OnSignal, quantileOf, type Signalbox, Unrecoverable } from '../../src/index.ts';
import { emptyBuckets } from '../../src/core/tally.ts';
import { partsOf } from '../../src/box/parts.ts';
import { addWorker } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';

const ordered = defineSignal('tally.ordered', z.object({ n: z.number() }));
const shipped = defineSignal('tally.shipped', z.object({ n: z.number() }));

class Orders {
  @OnSignal(ordered, { retry: { attempts: 2, delay: '1h' } })
  static async ship({ n }: { n: number }, { tx }: DeliveryContext): Promise<void> {
    if (n % 5 === 1) throw new Discard('not mine');
    if (n % 5 === 2) throw new Unrecoverable('never');
    if (n % 5 === 3) throw new Error('later');
    await shipped.emitReliable(tx, { n });
  }
}

class Mail {
  @OnSignal(shipped, { batch: 10 })
  static async send(): Promise<void> {}

  @OnSignal(ordered)
  static async thank(): Promise<void> {}
}

const emitAll = async ({ db }: Pick<Harness, 'db'>, numbers: readonly number[]): Promise<void> =>
  db.transaction(async (tx) => {
    await ordered.emitMany(
      tx,
      numbers.map((n) => ({ n })),
    );
  });

/** Counts by receiver and outcome. */
async function counted(box: Signalbox<never> | Harness['box']): Promise<Record<string, number>> {
  const { tallies, more } = await box.tallies.runs({ step: '90d' });
  expect(more).toBe(false);
  const sums: Record<string, number> = {};
  for (const { receiver, outcome, n, buckets, lagBuckets } of tallies) {
    sums[`${receiver} ${outcome}`] = (sums[`${receiver} ${outcome}`] ?? 0) + n;
    for (const each of [buckets, lagBuckets]) expect(each.reduce((sum, one) => sum + one, 0)).toBe(n);
  }
  return sums;
}

const settledRows = async ({ sql }: Harness): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await sql`select r.name || ' ' || s.state as what, count(*)::int as n from signalbox.settled s join signalbox.receiver r on r.id = s.receiver_id group by 1`
    ).map(({ what, n }) => [what as string, n as number]),
  );

test('what a drain counts equals the rows that it settles, and its emits are those that were committed, by their cause', async () => {
  await using h = await harness({ services: [Orders, Mail] });
  await emitAll(
    h,
    Array.from({ length: 25 }, (_, n) => n),
  );
  await h.db
    .transaction(async (tx) => {
      await ordered.emitReliable(tx, { n: 0 });
      await tx.transaction(async (savepoint) => ordered.emitReliable(savepoint, { n: 0 }));
      throw new Error('on purpose');
    })
    .catch(() => {});
  await h.db.transaction(async (tx) => {
    await tx
      .transaction(async (savepoint) => {
        await ordered.emitReliable(savepoint, { n: 0 });
        throw new Error('on purpose');
      })
      .catch(() => {});
    await tx.transaction(async (savepoint) => ordered.emitReliable(savepoint, { n: 0 }));
  });
  await h.box.drain();

  const settled = await settledRows(h);
  expect(settled).toEqual({
    'Orders.ship completed': 11,
    'Orders.ship cancelled': 5,
    'Orders.ship dead': 5,
    'Mail.send completed': 11,
    'Mail.thank completed': 26,
  });
  expect(await counted(h.box)).toEqual({ ...settled, 'Orders.ship retrying': 5 });

  const emits = await h.box.tallies.emits({ step: '90d' });
  expect(emits.tallies.map(({ signal, causedBy, n }) => [signal, causedBy, n])).toEqual([
    ['tally.ordered', undefined, 26],
    ['tally.shipped', { receiver: 'Orders.ship', signal: 'tally.ordered' }, 11],
  ]);
  const rows =
    await h.sql`select signal, caused_by_receiver is not null as caused, count(*)::int as n from signalbox.emission group by 1, 2 order by 1`;
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['tally.ordered', false, 26],
    ['tally.shipped', true, 11],
  ]);
});

test('a worker that stops leaves what it has counted, under its id', async () => {
  await using h = await harness({ services: [Orders, Mail] });
  const worker = h.box.worker();
  await worker.start();
  const [{ id } = { id: 0 }] = await h.box.workers.list();
  const done = h.box.next('delivery.completed', ({ receiver }) => receiver === 'Mail.send');
  await emitAll(h, [0]);
  await done;
  await worker.stop();
  expect(await counted(h.box)).toEqual(await settledRows(h));
  expect((await h.box.tallies.workers()).map(({ workerId, outcome, n }) => [workerId, outcome, n])).toEqual([[id, 'completed', 3]]);
});

test('a box that is closed leaves what it has emitted, and one that does not count leaves nothing', async () => {
  await using h = await harness({ services: [Orders] });
  const counting = h.another();
  const silent = h.another({ services: [Orders], tallies: false });
  await silent.db.transaction(async (tx) => ordered.emitReliable(tx, { n: 0 }));
  await silent.drain();
  await silent.close();
  expect(await h.sql`select from signalbox.emission_tally`).toHaveLength(0);
  expect(await h.sql`select from signalbox.tally`).toHaveLength(0);
  await counting.db.transaction(async (tx) => ordered.emitReliable(tx, { n: 0 }));
  await counting.close();
  expect((await h.box.tallies.emits()).tallies).toMatchObject([{ signal: 'tally.ordered', n: 1 }]);
});

test('steps add up what they hold, all receivers together if asked, and lag and duration have percentiles', async () => {
  await using h = await harness({ services: [Orders, Mail] });
  await h.box.receivers.announce();
  const [{ id: ship } = { id: 0 }] = await h.sql`select id from signalbox.receiver where name = 'Orders.ship'`;
  const [{ id: thank } = { id: 0 }] = await h.sql`select id from signalbox.receiver where name = 'Mail.thank'`;
  const start = Math.floor(Date.now() / 3_600_000) * 3_600;
  const row = (minute: number, receiver: number, worker: number, n: number) => ({
    minute: start - 3_600 + minute * 60,
    receiver,
    worker,
    outcome: 'completed' as const,
    n,
    total: n,
    lag: 2 * n,
    buckets: [n, ...emptyBuckets().slice(1)],
    lags: [0, n, ...emptyBuckets().slice(2)],
  });
  const { store } = partsOf(h.box);
  await store.tallies.writeRuns([row(0, ship, 1, 1), row(1, ship, 1, 2), row(1, ship, 2, 4), row(5, ship, 1, 8), row(5, thank, 1, 16)]);
  const span = { from: new Date((start - 3_600) * 1_000), to: new Date(start * 1_000) };
  const read = async (options: Parameters<typeof h.box.tallies.runs>[0]): Promise<unknown[]> =>
    (await h.box.tallies.runs({ ...span, ...options })).tallies.map(({ at, receiver, n }) => [
      at.getTime() / 60_000 - start / 60 + 60,
      receiver,
      n,
    ]);
  expect(await read({})).toEqual([
    [0, 'Orders.ship', 1],
    [1, 'Orders.ship', 6],
    [5, 'Mail.thank', 16],
    [5, 'Orders.ship', 8],
  ]);
  expect(await read({ step: '5m', by: 'all' })).toEqual([
    [0, undefined, 7],
    [5, undefined, 24],
  ]);
  expect(await read({ step: '1h', receiver: 'Orders.ship' })).toEqual([[0, 'Orders.ship', 15]]);
  const [all] = (await h.box.tallies.runs({ ...span, step: '1h', by: 'all' })).tallies;
  expect(all).toMatchObject({ n: 31, totalMs: 31, lagMs: 62, receiver: undefined, signal: undefined });
  expect(quantileOf(all!.buckets, 1)).toBe(1);
  expect(quantileOf(all!.lagBuckets, 1)).toBe(2);
});

test('a span that reaches into what is kept by the hour has steps of hours, and one that ends before it begins is refused', async () => {
  await using h = await harness();
  const day = 86_400_000;
  expect((await h.box.tallies.runs({ from: new Date(Date.now() - 3 * day), step: '1m' })).stepMs).toBe(3_600_000);
  expect((await h.box.tallies.runs({ from: new Date(Date.now() - 3_600_000) })).stepMs).toBe(60_000);
  expect((await h.box.tallies.runs({ from: new Date(Date.now() - day) })).stepMs).toBe(13 * 60_000);
  await expect(h.box.tallies.runs({ from: new Date(), to: new Date(0) })).rejects.toMatchObject({ code: 'InvalidOption' });
});

test.each(['a worker', 'a tick'])('a delivery that %s finds dead by its crash budget is counted by that', async (who) => {
  await using h = await harness({ services: [Orders] });
  await h.box.receivers.announce();
  await emitAll(h, [0]);
  const lost = await addWorker(h.sql, { leaseSeconds: -1 });
  await h.sql`update signalbox.delivery set state = 'running', epoch = 1, attempt = 1, crashes = 2, worker_id = ${lost}`;
  const worker = h.box.worker();
  if (who === 'a tick') await worker.tick();
  else {
    const dead = h.box.next('delivery.dead');
    await worker.start();
    await dead;
    await worker.stop();
  }
  const { tallies } = await h.box.tallies.runs({ step: '90d' });
  expect(tallies.map(({ receiver, outcome, n, totalMs }) => [receiver, outcome, n, totalMs])).toEqual([['Orders.ship', 'dead', 1, 0]]);
  expect(await settledRows(h)).toEqual({ 'Orders.ship dead': 1 });
});
