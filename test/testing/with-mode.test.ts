// withMode: the mode of a block of a test, and drain of one receiver or of a few deliveries.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { captured, withMode } from '../../src/testing.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';

const first = defineSignal('modes.first', z.object({ n: z.int() }));
const second = defineSignal('modes.second', z.object({ n: z.int() }));

class Chain {
  static ran: string[] = [];

  @OnSignal(first)
  static async go({ n }: { n: number }, { tx }: DeliveryContext): Promise<void> {
    Chain.ran.push(`first ${n}`);
    await second.emitReliable(tx, { n });
  }

  @OnSignal(second)
  static end({ n }: { n: number }): void {
    Chain.ran.push(`second ${n}`);
  }
}

const emit = (h: Pick<Harness, 'db'>, n = 1): Promise<unknown> => h.db.transaction(async (tx) => first.emitReliable(tx, { n }));
const ran = (): string[] => Chain.ran.splice(0);
/** A drain that takes more than its limit would wait for what never comes. */
const inTime = (): AbortSignal => AbortSignal.timeout(15_000);

test('in a manual block of an immediate box receivers wait, and a drain in it leaves to the next drain step what they emit', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await withMode('manual', async () => {
    await emit(h);
    expect(ran()).toEqual([]);
    expect(await h.box.drain({ limit: 1, abortSignal: inTime() })).toMatchObject({ completed: 1 });
    expect(ran()).toEqual(['first 1']);
  });
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(ran()).toEqual(['second 1']);
  await emit(h, 2);
  expect(ran()).toEqual(['first 2', 'second 2']);
});

test('in an immediate block of a manual box they run at once, with what they emit', async () => {
  await using h = await harness({ services: [Chain], testing: 'manual' });
  await withMode('immediate', () => emit(h));
  expect(ran()).toEqual(['first 1', 'second 1']);
  await emit(h, 2);
  expect(ran()).toEqual([]);
});

test('in a capture block nothing is stored, and captured sees it; receivers that are drained there emit as in it', async () => {
  await using h = await harness({ services: [Chain], testing: 'manual' });
  const seen = await captured(() => withMode('capture', () => emit(h)));
  expect(seen.payloads(first)).toEqual([{ n: 1 }]);
  expect(await readDeliveries(h.sql)).toEqual([]);
  await emit(h, 2);
  const caused = await captured(() => withMode('capture', () => h.box.drain()));
  expect(ran()).toEqual(['first 2']);
  expect(caused.all).toEqual([]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed' }]);
});

test('blocks side by side do not share their mode, and the innermost counts', async () => {
  await using h = await harness({ services: [Chain], testing: 'immediate' });
  await Promise.all([
    withMode('manual', async () => {
      await emit(h, 1);
      await withMode('immediate', () => emit(h, 2));
    }),
    withMode('capture', () => emit(h, 3)),
    emit(h, 4),
  ]);
  expect(ran().sort()).toEqual(['first 2', 'first 4', 'second 2', 'second 4']);
  expect((await readDeliveries(h.sql)).filter(({ state }) => state === 'ready')).toHaveLength(1);
});

test('in an immediate block a transaction that the box does not track is refused', async () => {
  await using h = await harness({ services: [Chain], testing: 'manual' });
  const other = drizzle({ client: h.connect({ max: 1 }) }) as unknown as { session: { dialect: object }; dialect: object } & typeof h.db;
  other.dialect = other.session.dialect = (h.db as unknown as { dialect: object }).dialect;
  const untracked = (): Promise<unknown> => other.transaction(async (tx) => first.emitReliable(tx, { n: 1 }));
  await expect(withMode('immediate', untracked)).rejects.toMatchObject({ code: 'UntrackedTransaction' });
  await untracked();
  expect(await readDeliveries(h.sql)).toHaveLength(1);
});

test('it refuses an unknown mode, and where no box has testing', async () => {
  await using h = await harness({ services: [Chain] });
  expect(() => withMode('manaul' as never, () => {})).toThrow("Did you mean 'manual'?");
  expect(() => withMode('manual', () => {})).toThrow('withMode: no open box of this process has `testing`');
  await emit(h);
  expect(await readDeliveries(h.sql)).toHaveLength(1);
});

test('drain runs one receiver, and leaves what others have due', async () => {
  await using h = await harness({ services: [Chain], testing: 'manual' });
  await emit(h, 1);
  expect(await h.box.drain({ receiver: 'Chain.end' })).toMatchObject({ completed: 0 });
  expect(await h.box.drain({ receiver: 'Chain.go' })).toMatchObject({ completed: 1 });
  expect(ran()).toEqual(['first 1']);
  await expect(h.box.drain({ receiver: 'Chain.ned' })).rejects.toThrow(
    'receiver is Chain.ned, and this box has no such receiver. Did you mean Chain.end?',
  );
});

test('drain runs as many as its limit, ahead of their time as well, and no more', async () => {
  await using h = await harness({ services: [Chain], testing: 'manual' });
  for (const n of [1, 2, 3]) await emit(h, n);
  expect(await h.box.drain({ limit: 2, abortSignal: inTime() })).toMatchObject({ completed: 2 });
  expect(ran()).toHaveLength(2);
  await h.db.transaction(async (tx) => second.emitMany(tx, [{ n: 8 }, { n: 9 }], { delay: '1h' }));
  expect(await h.box.drain({ limit: 4, ahead: '2h', abortSignal: inTime() })).toMatchObject({ completed: 4 });
  expect(await h.box.drain({ ahead: '2h' })).toMatchObject({ completed: 2 });
  expect(ran()).toHaveLength(6);
});
