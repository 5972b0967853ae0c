// The ends of shared transactions that no delivery is to blame for: a lost connection, a lost answer, a worker that stops.
import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { Deadlines } from '../../../src/worker/running/deadline.ts';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { readErrors } from '../../support/effects.ts';
import { Latch } from '../../support/latch.ts';
import { effectsOf, exceptions, InCompany, openWith, receiverThat, timesOf, values, work } from './share-fixture.ts';

vi.mock('../../../src/worker/running/sharing.ts', async (original) => (await import('./patient-sharing.ts')).patient(await original()));

test.for(DRIVERS)('%s: a connection that is lost in the middle costs no attempt, and nothing is done twice', async (driver) => {
  const one = new InCompany();
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    if (!(await one.is(value, context, call))) return;
    const result = await context.tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    const [row] = Array.isArray(result) ? result : (result as unknown as { rows: { pid: number }[] }).rows;
    await h.sql`select pg_terminate_backend(${(row as { pid: number }).pid})`;
    await new Promise<void>(() => {});
  });
  await using h = await openWith(driver, Receiver, 60);
  await work(h, 60);
  // On a busy machine what waits for long is released, and its next run may end with the connection, too.
  for (const times of timesOf(calls, one.value - 1, one.value)) expect(times).toBeGreaterThanOrEqual(2);
  expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
});

test.for(DRIVERS)(
  '%s: a connection that is lost under a query is the failure of none, and nothing of its transaction stays open',
  async (driver) => {
    const one = new InCompany();
    const { Receiver } = receiverThat(async (value, context, call) => {
      if (!(await one.is(value, context, call))) return;
      await context.tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    const [opened, closed] = [vi.spyOn(Deadlines.prototype, 'open'), vi.spyOn(Deadlines.prototype, 'close')];
    await using h = await openWith(driver, Receiver, 60);
    await work(h, 60);
    expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
    const left = new Set(opened.mock.results.map(({ value }) => value));
    for (const [deadline] of closed.mock.calls) left.delete(deadline);
    expect([opened.mock.results.length > 60, left.size]).toEqual([true, 0]);
  },
);

test.for(DRIVERS)('%s: a COMMIT that loses its answer is found to have got through for each, and callbacks run once', async (driver) => {
  const one = new InCompany();
  const told: number[] = [];
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    h.box.afterCommit(context.tx, () => told.push(value));
    if (await one.is(value, context, call)) void h.proxy.nextCommit('its answer is lost');
  });
  await using h = await openWith(driver, Receiver, 60);
  await work(h, 60);
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([1, 1]);
  expect(told.toSorted((a, b) => a - b)).toEqual(values(60));
  expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
});

test.for(DRIVERS)('%s: a COMMIT that was never carried out is repeated for each, and costs no attempt', async (driver) => {
  const one = new InCompany();
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    if (!(await one.is(value, context, call))) return;
    void h.proxy.nextCommit('never sent');
    throw new Error('by what a neighbour wrote, which never was');
  });
  await using h = await openWith(driver, Receiver, 60);
  await work(h, 60);
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([2, 2]);
  expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
});

test.for(DRIVERS)('%s: a worker that stops at once releases all of them, at no cost of an attempt', async (driver) => {
  const one = new InCompany();
  const running = new Latch();
  const { Receiver } = receiverThat(async (value, context, call) => {
    if (!(await one.is(value, context, call))) return;
    running.open();
    await new Promise<void>(() => {});
  });
  await using h = await openWith(driver, Receiver, 60);
  await using worker = h.box.worker({ concurrency: 1, pollInterval: 50 });
  await worker.start();
  await running.opened;
  await worker.stop({ force: true });
  const done = await effectsOf(h);
  expect(done).not.toContain(one.value);
  expect(done).not.toContain(one.value - 1);
  expect((await exceptions(h)).map((text) => text.replace(/^\d+ /, ''))).toEqual(Array.from({ length: 60 - done.length }, () => 'ready 0'));
  expect(await readErrors(h.sql)).toEqual([]);
});

test.for(DRIVERS)('%s: a worker that stops lets the delivery end that runs; what was not begun behind it is released', async (driver) => {
  const one = new InCompany();
  const [running, gate] = [new Latch(), new Latch()];
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    // By then as many share a transaction as may, so some are behind it.
    if (value <= 20 || !(await one.is(value, context, call))) return;
    running.open();
    await gate.opened;
    // Its group takes no further one.
    throw Object.assign(new Error('a clash'), { code: '40P01' });
  });
  await using h = await openWith(driver, Receiver, 60);
  await using worker = h.box.worker({ concurrency: 1, pollInterval: 50 });
  await worker.start();
  await running.opened;
  const stopped = worker.stop();
  gate.open();
  await stopped;
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([1, 2]);
  expect(calls).not.toContain(60);
  expect(await effectsOf(h)).toEqual(values(one.value));
  expect((await exceptions(h)).every((text) => text.endsWith(' ready 0'))).toBe(true);
});
