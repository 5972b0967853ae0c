// The doorbell: who appends rings if a worker sleeps and not otherwise, and no worker sleeps past what was appended unrung.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import type { AppendOptions } from '../../../src/store/store.ts';
import { type AnySql, addReceiver, openStore, runOn, type StoreHarness, PLAIN } from '../rows.ts';

const append = async (h: StoreHarness, options: Partial<AppendOptions> = {}, sql: AnySql = h.sql): Promise<void> => {
  await h.store.append(runOn(sql), [{ id: randomUUID(), payload: '{}' }], { ...PLAIN, ...options });
};

/** Counts the notifications that have come before it is asked. */
async function listen({ sql }: StoreHarness): Promise<() => Promise<number>> {
  let rung = 0;
  let heard: () => void = () => {};
  await sql.listen('signalbox_ready', () => void rung++);
  await sql.listen('last', () => heard());
  return async () => {
    // A notification of our own, behind those: when it is here, they would be too.
    const last = new Promise<void>((resolve) => (heard = resolve));
    await sql.notify('last', '');
    await last;
    return rung;
  };
}

interface Sleeper extends AsyncDisposable {
  readonly run: Run;
  readonly bell: string;
}

/** A worker's own session, on which the bell hangs. */
async function sleeper(h: StoreHarness): Promise<Sleeper> {
  const session = await h.sql.reserve();
  const run = runOn(session);
  const bell = await h.store.workers.hangBell(run);
  return {
    run,
    bell,
    [Symbol.asyncDispose]: async () => {
      await session`select pg_advisory_unlock_all()`;
      session.release();
    },
  };
}

test('a worker that sleeps is rung for what is due now and reaches somebody, and for nothing else', async () => {
  await using h = await openStore();
  const rung = await listen(h);
  await using _sleeper = await sleeper(h);
  await append(h);
  await addReceiver(h.sql);
  await append(h, { delayMs: 60_000 });
  await append(h, { runAt: new Date(Date.now() + 60_000) });
  expect(await rung()).toBe(0);
  await append(h);
  expect(await rung()).toBe(1);
});

test('nobody is rung while no worker sleeps, nor after it has taken its bell down', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const rung = await listen(h);
  await append(h);
  expect(await rung()).toBe(0);
  await using worker = await sleeper(h);
  await h.store.workers.takeBellDown(worker.run);
  await append(h);
  expect(await rung()).toBe(0);
});

test('several workers sleep at a time, and whoever appends rings until the last has taken its bell down', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const rung = await listen(h);
  await using one = await sleeper(h);
  await using two = await sleeper(h);
  expect([one.bell, two.bell]).toEqual(['calm', 'calm']);
  await h.store.workers.takeBellDown(one.run);
  await append(h);
  expect(await rung()).toBe(1);
});

test('all is calm only when whoever appended unrung has committed, or rolled back', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  for (const end of ['commit', 'rollback'] as const) {
    const sender = await h.hold((transaction) => append(h, {}, transaction));
    await using worker = await sleeper(h);
    expect(worker.bell).toBe('hung');
    expect(await h.store.workers.listenAtDoor(worker.run)).toBe('hung');
    await sender[end]();
    expect(await h.store.workers.listenAtDoor(worker.run)).toBe('calm');
    await h.store.workers.takeBellDown(worker.run);
  }
});

test('a sender that meets a worker at the door rings rather than trust it', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const rung = await listen(h);
  const looking = await h.sql.reserve();
  await looking`select pg_advisory_lock(${0x73_69_67_6f}::int, 2)`;
  await append(h);
  await looking`select pg_advisory_unlock_all()`;
  looking.release();
  expect(await rung()).toBe(1);
});

test('a sender that meets another at the bell rings rather than trust it, and a worker does not take it for hung', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const rung = await listen(h);
  const trying = await h.sql.reserve();
  await trying`select pg_advisory_lock(${0x73_69_67_6f}::int, 1)`;
  await append(h);
  await using worker = await sleeper(h);
  expect(worker.bell).toBe('none');
  await trying`select pg_advisory_unlock_all()`;
  trying.release();
  expect(await rung()).toBe(1);
});

test('nothing is left locked by an append', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await append(h);
  const locks = await h.sql`
    select from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.locktype = 'advisory'`;
  expect(locks).toHaveLength(0);
});
