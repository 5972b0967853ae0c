// Waits of a transaction for itself: code inside a savepoint that has lost its async context counts as code beside that
// savepoint. Such waits end with an error that explains them. The tests control the timer of those waits.
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';
import { recordingLogger } from '../support/log.ts';
import { happened, One } from './one.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** Runs work as a DataLoader or a pool of jobs does: in the context in which the runner was made. */
const elsewhere = AsyncLocalStorage.snapshot();

/** Makes the time of the waits pass. */
async function pass(seconds: number): Promise<void> {
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0), 10_000);
  for (let second = 0; second < seconds; second++) {
    vi.advanceTimersByTime(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const stuck = expect.objectContaining({
  code: 'SavepointStuck',
  message: expect.stringContaining('lost its async context') as string,
}) as unknown;

test('an emit on the outer handle inside a savepoint, from a lost context, is refused after a while, and the transaction goes on', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  const done = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'kept', value: 1 });
    const nested = tx.transaction(async () => elsewhere(() => happened.emitReliable(tx, { value: 1 })));
    await expect(nested).rejects.toEqual(stuck);
    await happened.emitReliable(tx, { value: 2 });
  });
  await pass(30);
  await done;
  expect([await readEffects(h.sql), await countEmissions(h.sql)]).toEqual([['kept:1'], 1]);
});

test('a savepoint on the outer handle inside a savepoint, from a lost context, is refused after a while, and others go on', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const done = h.db.transaction(async (tx) => {
    const nested = tx.transaction(async () =>
      elsewhere(() => tx.transaction(async (inner) => inner.insert(effects).values({ receiver: 'no', value: 1 }))),
    );
    await expect(nested).rejects.toEqual(stuck);
    await tx.transaction(async (next) => next.insert(effects).values({ receiver: 'kept', value: 1 }));
  });
  await pass(30);
  await done;
  expect(await readEffects(h.sql)).toEqual(['kept:1']);
});

test('a savepoint behind one that has waited in vain still waits for the open one', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const [begin, refused, gate] = [new Latch(), new Latch(), new Latch()];
  const done = h.db.transaction(async (tx) => {
    const first = tx.transaction(async () => {
      await elsewhere(() => tx.transaction(async () => {})).catch(() => {});
      refused.open();
      await gate.opened;
      throw new Error('only this one');
    });
    first.catch(() => {});
    await begin.opened;
    const behind = elsewhere(() => tx.transaction(async (nested) => nested.insert(effects).values({ receiver: 'kept', value: 1 })));
    await Promise.allSettled([first, behind]);
  });
  await pass(15);
  begin.open();
  await pass(15);
  await refused.opened;
  // Enough time for the forbidden effect to show.
  for (let times = 0; times < 20; times++) await h.sql`select 1`;
  gate.open();
  await done;
  expect(await readEffects(h.sql)).toEqual(['kept:1']);
});

test('a savepoint that is not awaited and waits for its transaction ends it after a while', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const returned = new Latch();
  let floating: Promise<unknown> | undefined;
  const done: Promise<void> = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'no', value: 1 });
    floating = tx.transaction(async () => done);
    floating.catch(() => {});
    returned.open();
  });
  done.catch(() => {});
  await returned.opened;
  await pass(30);
  await expect(done).rejects.toEqual(stuck);
  expect(await readEffects(h.sql)).toEqual([]);
});

test('an emit beside a savepoint that is working waits as long as necessary', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  const next = [new Latch(), new Latch()];
  const asked = [new Latch(), new Latch()];
  const done = h.db.transaction(async (tx) => {
    const busy = tx.transaction(async (savepoint) => {
      for (const [index, latch] of next.entries()) {
        await savepoint.execute(sql`select 1`);
        asked[index]!.open();
        await latch.opened;
      }
    });
    await asked[0]!.opened;
    await Promise.all([busy, elsewhere(() => happened.emitReliable(tx, { value: 1 }))]);
  });
  await pass(29);
  next[0]!.open();
  await asked[1]!.opened;
  await pass(29);
  next[1]!.open();
  await done;
  expect(await countEmissions(h.sql)).toBe(1);
});

test('an emit beside a savepoint whose statement takes long waits for it', async () => {
  await using h = await harness({ services: [One] });
  const locked = h.connect({ max: 1 });
  await locked`select pg_advisory_lock(7)`;
  const done = h.db.transaction(async (tx) => {
    const busy = tx.transaction(async (savepoint) => savepoint.execute(sql`select pg_advisory_xact_lock(7)`));
    await Promise.all([busy, elsewhere(() => happened.emitReliable(tx, { value: 1 }))]);
  });
  await vi.waitFor(
    async () => expect(await h.sql`select from pg_locks where locktype = 'advisory' and not granted`).toHaveLength(1),
    10_000,
  );
  await pass(90);
  await locked`select pg_advisory_unlock(7)`;
  await done;
  expect(await countEmissions(h.sql)).toBe(1);
});

test('a transaction does not wait for ever for an afterCommit callback that waits for the transaction', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ log });
  await createEffects(h.sql);
  await h.db.execute(sql`select 1`);
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const entered = new Latch();
  const done: Promise<string> = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'kept', value: 1 });
    h.box.afterCommit(async () => {
      entered.open();
      await done;
    });
    h.box.afterCommit(() => void lines.push({ level: 'info', fields: {}, message: 'the second' }));
    return 'returned';
  });
  await entered.opened;
  vi.advanceTimersByTime(30_000);
  expect(await done).toBe('returned');
  expect(lines.map(({ message }) => message)).toEqual([
    'an afterCommit callback has not ended in 30 s; nothing waits for it any more',
    'the second',
  ]);
  vi.useRealTimers();
});
