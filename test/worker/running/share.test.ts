// Deliveries that share a transaction: when they do, and what each of them is held to.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { effectsOf, exceptions, further, InCompany, openWith, reading, receiverThat, together, values, work } from './share-fixture.ts';

vi.mock('../../../src/worker/running/sharing.ts', async (original) => (await import('./patient-sharing.ts')).patient(await original()));

test.for(DRIVERS)('%s: behind a backlog, many deliveries share each transaction, and each is done once', async (driver) => {
  const { Receiver, calls } = receiverThat();
  await using h = await openWith(driver, Receiver, 400);
  await work(h, 400);
  const groups = await together(h);
  expect(groups.reduce((sum, n) => sum + n, 0)).toBe(400);
  expect(Math.max(...groups)).toBeGreaterThan(2);
  expect(Math.max(...groups)).toBeLessThanOrEqual(25);
  expect(groups.length).toBeLessThan(300);
  expect(calls.toSorted((a, b) => a - b)).toEqual(values(400));
  expect([await effectsOf(h), await exceptions(h)]).toEqual([values(400), []]);
});

test.for(DRIVERS)('%s: completed events and afterCommit callbacks come after the COMMIT of all', async (driver) => {
  const told: string[] = [];
  const { Receiver } = receiverThat((value, { tx }) => h.box.afterCommit(tx, () => told.push(`after ${value}`)));
  await using h = await openWith(driver, Receiver, 40);
  h.box.on('delivery.completed', () => told.push('completed'));
  const commits = await h.delayCommits();
  const worked = work(h, 40);
  // Two are in the first transaction, which waits for its COMMIT.
  await expect.poll(async () => (await h.sql`select from pg_locks where locktype = 'advisory' and not granted`).length).toBe(1);
  expect(told).toEqual([]);
  await commits.let();
  await worked;
  expect(told.filter((what) => what === 'completed')).toHaveLength(40);
  expect(told.filter((what) => what !== 'completed').toSorted()).toEqual(
    values(40)
      .map((value) => `after ${value}`)
      .toSorted(),
  );
});

test.for(DRIVERS)('%s: what a delivery emits names its own emission as the cause', async (driver) => {
  const { Receiver } = receiverThat((value, { tx }) => further.emitReliable(tx, { value }));
  await using h = await openWith(driver, Receiver, 60);
  await work(h, 60);
  expect(Math.max(...(await together(h)))).toBeGreaterThan(1);
  const rows = await h.sql`select from signalbox.emission e join signalbox.emission c on c.id = e.caused_by
    where e.signal = 'share.further' and e.payload = c.payload`;
  expect(rows).toHaveLength(60);
});

test('each delivery is reported with the time that it took itself', async () => {
  const slow = new InCompany();
  const { Receiver } = receiverThat(async (value, context, call) => {
    if (await slow.is(value, context, call)) await pause(80);
  });
  await using h = await openWith('postgres.js', Receiver, 60);
  const durations = new Map<number, number>();
  h.box.on('delivery.completed', ({ deliveryId, durationMs }) => durations.set(Number(deliveryId), durationMs));
  await work(h, 60);
  expect(durations.get(slow.value)).toBeGreaterThanOrEqual(79);
  expect(durations.get(slow.value - 1)).toBeLessThan(79);
});

test('a box shares for receivers that do not say otherwise; one that must not share has each delivery in a transaction of its own', async () => {
  const single = receiverThat(() => {}, { share: false });
  const isolated = receiverThat(() => {}, { isolation: 'repeatable read' });
  for (const { Receiver } of [single, isolated]) {
    await using h = await openWith('postgres.js', Receiver, 60, { share: 25 });
    await work(h, 60);
    expect(new Set(await together(h))).toEqual(new Set([1]));
  }
  const { Receiver } = receiverThat(() => {}, {});
  await using h = await openWith('postgres.js', Receiver, 60, { share: 25 });
  await work(h, 60);
  expect(Math.max(...(await together(h)))).toBeGreaterThan(1);
});

test('a delivery that another worker has by then is left out, and its neighbours are done', async () => {
  const { Receiver, calls } = receiverThat();
  await using h = await openWith('postgres.js', Receiver, 40);
  let taken = 0;
  reading.hook = async (value) => {
    if (value !== 2 || taken++ > 0) return;
    await h.sql`update signalbox.delivery set epoch = epoch + 1, state = 'ready', worker_id = null, attempt = 0, run_at = now() + interval '1 hour' where emission_id = (select id from signalbox.emission where payload ->> 'value' = '2')`;
  };
  try {
    const stale = h.box.next('delivery.stale');
    await work(h, 39);
    await stale;
  } finally {
    reading.hook = undefined;
  }
  expect(calls).not.toContain(2);
  expect(await effectsOf(h)).toEqual(values(40).filter((value) => value !== 2));
  expect(await exceptions(h)).toEqual(['2 ready 0']);
});
