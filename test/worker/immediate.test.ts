// Immediate mode: a worker without waits, for tests of applications.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DeliveryContext, Discard, isSignalboxError, OnSignal, RetryAfter, Service } from '../../src/index.ts';
import { findAll, readDeliveries } from '../support/deliveries.ts';
import { countEmissions, createEffects, effects, readEffects, readErrors } from '../support/effects.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const first = defineSignal('immediate.first', z.object({ value: z.number() }));
const second = defineSignal('immediate.second', z.object({ value: z.number() }));
const late = defineSignal('immediate.late', z.object({}));
const endless = defineSignal('immediate.endless', z.object({ value: z.number() }));

@Service()
class Chain {
  constructor(private readonly db: Db) {}

  @OnSignal(first)
  async onFirst({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'first', value });
    if (value < 0) throw new Error(`negative ${value}`);
    if (value === 100) throw new Discard('not mine');
    if (value === 101) throw new RetryAfter('1m');
    if (value > 1) await second.emitReliable(this.db, { value: value - 1 });
  }

  @OnSignal(first, { name: 'Chain.alsoOnFirst' })
  async alsoOnFirst({ value }: { value: number }): Promise<void> {
    await this.db.insert(effects).values({ receiver: 'also', value });
  }

  @OnSignal(second)
  async onSecond({ value }: { value: number }): Promise<void> {
    await this.db.insert(effects).values({ receiver: 'second', value });
    await first.emitReliable(this.db, { value });
  }

  @OnSignal(endless)
  async onEndless({ value }: { value: number }): Promise<void> {
    await endless.emitReliable(this.db, { value: value + 1 });
  }
}

test('receivers have run when the transaction call returns, breadth-first, including those of signals that receivers emit', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await first.emitReliable(tx, { value: 2 });
    expect(await readEffects(h.sql)).toEqual([]);
  });
  expect(await readEffects(h.sql)).toEqual(['also:2', 'first:2', 'second:1', 'also:1', 'first:1']);
  expect(new Set((await readDeliveries(h.sql)).map(({ state }) => state))).toEqual(new Set(['completed']));
});

test('a failed receiver makes the call throw, although the commit stands and the others have run', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 0 });
    await first.emitReliable(tx, { value: -1 });
  });
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  if (!isSignalboxError(error, 'ReceiverFailed')) throw error;
  expect(error.message).toContain('but Chain.onFirst failed: negative -1. ');
  const [failed] = await findAll(h.box, { receiver: 'Chain.onFirst' });
  expect(error.details).toMatchObject({
    committed: true,
    causes: [{ message: 'negative -1' }],
    failures: [{ receiver: 'Chain.onFirst', deliveryId: failed!.id, cause: { message: 'negative -1' } }],
  });
  expect(await readEffects(h.sql)).toEqual(['sender:0', 'also:-1']);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed' }, { receiver: 'Chain.onFirst', state: 'ready', attempt: 1 }]);
});

test("with onFailure 'collect' a failure is only recorded, as by a worker", async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate', onFailure: 'collect' });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await first.emitReliable(tx, { value: -1 })));
  expect(await readErrors(h.sql)).toMatchObject([{ message: 'negative -1' }]);
  expect(await h.box.drain({ ahead: '1d' })).toMatchObject({ retrying: 10, dead: 1 });
});

test('a delivery that was discarded or delayed has not failed', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await first.emitMany(tx, [{ value: 100 }, { value: 101 }])));
  expect((await readDeliveries(h.sql)).filter(({ receiver }) => receiver === 'Chain.onFirst')).toMatchObject([
    { state: 'cancelled' },
    { state: 'ready', attempt: 0 },
  ]);
});

test('a delivery that is not due yet waits for drain', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await first.emitReliable(tx, { value: 1 }, { delay: '1h' })));
  expect(await readEffects(h.sql)).toEqual([]);
  await h.box.drain({ ahead: '2h' });
  expect(await readEffects(h.sql)).toHaveLength(2);
});

test('a rolled-back transaction or savepoint runs nothing', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await first.emitReliable(tx, { value: 1 });
    throw new Error('no');
  });
  await expect(attempt).rejects.toThrow('no');
  await h.db.transaction(async (tx) => {
    await tx
      .transaction(async (nested) => {
        await first.emitReliable(nested, { value: 2 });
        throw new Error('no');
      })
      .catch(() => {});
  });
  expect(await readEffects(h.sql)).toEqual([]);
});

test('receivers that emit to each other for ever are stopped at a depth of twenty', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  const attempt = h.db.transaction(async (tx) => endless.emitReliable(tx, { value: 1 }));
  await expect(attempt).rejects.toMatchObject({
    code: 'ReceiverFailed',
    message: expect.stringContaining('Chain.') as string,
    details: {
      causes: [
        {
          code: 'ImmediateDepthExceeded',
          message: expect.stringMatching(/Chain\.\w+\?/) as string,
          details: { receivers: [expect.stringMatching(/^Chain\./)] },
        },
      ],
    },
  });
  expect(await countEmissions(h.sql)).toBe(21);
});

test('an emission by code that a receiver left running is run, too, after the run has ended', async () => {
  const gate = new Latch();
  let left: Promise<unknown> | undefined;
  let h: Harness;
  const leave = (): void => {
    left = gate.opened.then(() => h.db.transaction(async (tx) => first.emitReliable(tx, { value: 1 })));
  };
  h = await harness({ services: [Chain], testing: 'immediate' });
  await using _ = h;
  await createEffects(h.sql);
  h.box.receivers.connect(late, leave, { name: 'Leaving' });
  await h.db.transaction(async (tx) => void (await late.emitReliable(tx, {})));
  gate.open();
  await left;
  expect(await readEffects(h.sql)).toEqual(['also:1', 'first:1']);
});

test('the deliveries of other receivers are left alone', async () => {
  await using h = await harness({ services: [Chain] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await first.emitReliable(tx, { value: 1 })));
  const immediate = h.another({ services: [Chain], testing: 'immediate' });
  await immediate.db.transaction(async () => {
    await first.emitReliable(immediate.db, { value: 0 });
  });
  expect(await readEffects(h.sql)).toEqual(['also:0', 'first:0']);
});

test('a transaction whose commit cannot be noticed may not emit', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  const untracked = drizzle({ client: h.connect({ max: 1 }) }) as unknown as {
    session: { dialect: object };
    dialect: object;
  } & typeof h.db;
  untracked.dialect = untracked.session.dialect = (h.db as unknown as { dialect: object }).dialect;
  await untracked.transaction(async (tx) => {
    await expect(first.emitReliable(tx, { value: 1 })).rejects.toMatchObject({ code: 'UntrackedTransaction' });
  });
});

test('the error for a committed transaction says that it is committed, even if its receivers could not be run', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate', onFailure: 'collect' });
  await h.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no workers'; end $$;
    create trigger refuse before insert on signalbox.worker for each row execute function refuse()`);
  const attempt = h.db.transaction(async (tx) => first.emitReliable(tx, { value: 1 }));
  await expect(attempt).rejects.toMatchObject({
    code: 'ReceiverFailed',
    details: { committed: true, causes: [{ message: 'no workers' }] },
  });
  expect(await countEmissions(h.sql)).toBe(1);
});
