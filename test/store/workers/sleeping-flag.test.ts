// The sleeping flag: an append notifies if and only if a worker sleeps, and no worker goes to sleep beside an append
// that did not notify.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import type { AppendOptions } from '../../../src/store/emissions/emissions.ts';
import { type AnySql, addReceiver, openStore, runOn, type StoreHarness, PLAIN } from '../rows.ts';

const append = async (h: StoreHarness, options: Partial<AppendOptions> = {}, sql: AnySql = h.sql): Promise<void> => {
  await h.store.emissions.append(runOn(sql), [{ id: randomUUID(), payload: '{}' }], { ...PLAIN, ...options });
};

/** Counts the notifications that have come before the call. */
async function listen({ sql }: StoreHarness): Promise<() => Promise<number>> {
  let notified = 0;
  let heard: () => void = () => {};
  await sql.listen('signalbox_ready', () => void notified++);
  await sql.listen('last', () => heard());
  return async () => {
    // Our own notification comes after those: when it has arrived, they have, too.
    const last = new Promise<void>((resolve) => (heard = resolve));
    await sql.notify('last', '');
    await last;
    return notified;
  };
}

interface Sleeper extends AsyncDisposable {
  readonly run: Run;
  readonly state: string;
}

/** A worker's own session, which has set the flag. */
async function sleeper(h: StoreHarness): Promise<Sleeper> {
  const session = await h.sql.reserve();
  const run = runOn(session);
  const state = await h.store.workers.markSleeping(run);
  return {
    run,
    state,
    [Symbol.asyncDispose]: async () => {
      await session`select pg_advisory_unlock_all()`;
      session.release();
    },
  };
}

test('a sleeping worker is notified only of deliveries that are due now and have a receiver', async () => {
  await using h = await openStore();
  const notified = await listen(h);
  await using _sleeper = await sleeper(h);
  await append(h);
  await addReceiver(h.sql);
  await append(h, { delayMs: 60_000 });
  await append(h, { runAt: new Date(Date.now() + 60_000) });
  expect(await notified()).toBe(0);
  await append(h);
  expect(await notified()).toBe(1);
});

test('an append notifies nothing while no worker sleeps, nor after the worker has cleared its flag', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const notified = await listen(h);
  await append(h);
  expect(await notified()).toBe(0);
  await using worker = await sleeper(h);
  await h.store.workers.clearSleeping(worker.run);
  await append(h);
  expect(await notified()).toBe(0);
});

test('several workers sleep at a time, and appends notify until the last has cleared its flag', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const notified = await listen(h);
  await using one = await sleeper(h);
  await using two = await sleeper(h);
  expect([one.state, two.state]).toEqual(['safe', 'safe']);
  await h.store.workers.clearSleeping(one.run);
  await append(h);
  expect(await notified()).toBe(1);
});

test('it is safe to sleep only when an append that did not notify has committed, or rolled back', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  for (const end of ['commit', 'rollback'] as const) {
    const sender = await h.hold((transaction) => append(h, {}, transaction));
    await using worker = await sleeper(h);
    expect(worker.state).toBe('pending');
    expect(await h.store.workers.hasPendingAppends(worker.run)).toBe(true);
    await sender[end]();
    expect(await h.store.workers.hasPendingAppends(worker.run)).toBe(false);
    await h.store.workers.clearSleeping(worker.run);
  }
});

test('an append that meets a worker that checks for pending appends notifies', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const notified = await listen(h);
  const looking = await h.sql.reserve();
  await looking`select pg_advisory_lock(${0x73_69_67_6f}::int, 2)`;
  await append(h);
  await looking`select pg_advisory_unlock_all()`;
  looking.release();
  expect(await notified()).toBe(1);
});

test('an append that meets another one that tests the flag notifies, and a worker does not take its flag for set', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const notified = await listen(h);
  const trying = await h.sql.reserve();
  await trying`select pg_advisory_lock(${0x73_69_67_6f}::int, 1)`;
  await append(h);
  await using worker = await sleeper(h);
  expect(worker.state).toBe('unset');
  await trying`select pg_advisory_unlock_all()`;
  trying.release();
  expect(await notified()).toBe(1);
});

test('an append leaves nothing locked', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await append(h);
  const locks = await h.sql`
    select from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.locktype = 'advisory'`;
  expect(locks).toHaveLength(0);
});
