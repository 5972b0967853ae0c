// emit and emitRobust: receivers that run now, in the caller's process.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DetachedDeliveryContext, OnSignal, Service, type DeliveryContext } from '../../src/index.ts';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const happened = defineSignal('local.happened', z.object({ value: z.number(), at: isoDate.optional() }));

@Service()
class Ledger {
  constructor(private readonly db: Db) {}

  @OnSignal(happened)
  async first({ value }: { value: number }, { tx }: DeliveryContext): Promise<string> {
    await tx.insert(effects).values({ receiver: 'first', value });
    if (value < 0) throw new Error('negative');
    if (value === 0) await tx.execute(sql`select 1 / ${value}::int`);
    return 'noted';
  }

  @OnSignal(happened)
  async second({ value }: { value: number }): Promise<void> {
    await this.db.insert(effects).values({ receiver: 'second', value });
  }
}

test('emit runs the receivers in their order, and stores nothing of its own', async () => {
  await using h = await harness({ services: [Ledger] });
  await createEffects(h.sql);
  await happened.emit(h.db, { value: 1 });
  expect(await readEffects(h.sql)).toEqual(['first:1', 'second:1']);
  expect(await countEmissions(h.sql)).toBe(0);
});

test('emit runs in the given transaction, and is rolled back with it', async () => {
  await using h = await harness({ services: [Ledger] });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async (tx) => {
    await happened.emit(tx, { value: 1 });
    expect(await tx.$count(effects)).toBe(2);
    throw new Error('rolled back');
  });
  await expect(attempt).rejects.toThrow('rolled back');
  expect(await readEffects(h.sql)).toEqual([]);
});

test('emit throws the first error, and does not call the receivers after it', async () => {
  await using h = await harness({ services: [Ledger] });
  await createEffects(h.sql);
  await expect(happened.emit(h.db, { value: -1 })).rejects.toThrow('negative');
  expect(await readEffects(h.sql)).toEqual([]);
});

test('emitRobust runs every receiver, and returns and logs the result of each', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Ledger], log });
  await createEffects(h.sql);
  expect(await happened.emitRobust(h.db, { value: 1 })).toEqual([
    { receiver: 'Ledger.first', status: 'fulfilled', value: 'noted' },
    { receiver: 'Ledger.second', status: 'fulfilled', value: undefined },
  ]);
  const results = await happened.emitRobust(h.db, { value: -1 });
  expect(results).toMatchObject([
    { receiver: 'Ledger.first', status: 'rejected', reason: { message: 'negative' } },
    { receiver: 'Ledger.second', status: 'fulfilled' },
  ]);
  expect(await readEffects(h.sql)).toEqual(['first:1', 'second:1', 'second:-1']);
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('a receiver whose query fails in emitRobust fails neither its siblings nor the transaction', async () => {
  await using h = await harness({ services: [Ledger] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 0 });
    const results = await happened.emitRobust(tx, { value: 0 });
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
  expect(await readEffects(h.sql)).toEqual(['sender:0', 'second:0']);
});

test('a local payload goes through JSON, like a stored one', async () => {
  const seen: { payload: unknown; context: DetachedDeliveryContext }[] = [];
  class Listener {
    @OnSignal(happened, { transactional: false })
    static async receive(payload: { value: number; at?: Date | undefined }, context: DetachedDeliveryContext): Promise<void> {
      seen.push({ payload, context });
    }
  }
  await using h = await harness({ services: [Listener] });
  const sent = { value: 1, at: new Date(5) };
  await happened.emit(h.db, sent, { headers: { trace: 'x' } });
  expect(seen[0]!.payload).toEqual(sent);
  expect(seen[0]!.payload).not.toBe(sent);
  expect(seen[0]!.context).toMatchObject({ attempt: 1, emission: { signal: 'local.happened', headers: { trace: 'x' } } });
  await expect(happened.emit(h.db, { value: NaN })).rejects.toMatchObject({ code: 'InvalidPayload' });
  await expect(happened.emitRobust(h.db, { value: 'one' as unknown as number })).rejects.toMatchObject({ code: 'InvalidPayload' });
});
