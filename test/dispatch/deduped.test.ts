// Emits with a dedupe key: what is stored, what the second sender gets, and when. The races have a sender whose transaction is held open.
import { drizzle } from 'drizzle-orm/postgres-js';
import { sql as drizzleSql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { driverOf } from '../../src/drivers/detect.ts';
import { createSignalbox, defineSignal, type EmissionReceipt, isSignalboxError, OnSignal } from '../../src/index.ts';
import { captured, travel } from '../../src/testing.ts';
import { untilBlocked } from '../store/waits.ts';
import { DRIVERS, openBehindProxy } from '../support/behind-proxy.ts';
import { countEmissions, effects, readEffects } from '../support/effects.ts';
import { type Database, harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('deduped.happened', z.object({ value: z.number() }));
const other = defineSignal('deduped.other', z.object({ value: z.number() }));

class Receiver {
  static readonly seen: number[] = [];
  @OnSignal(happened)
  static receive({ value }: { value: number }): void {
    Receiver.seen.push(value);
  }
}

const emit = (db: Database, value: number, dedupeKey: string, within: `${number}h` = '1h', signal = happened): Promise<EmissionReceipt> =>
  db.transaction(async (tx) => signal.emitReliable(tx, { value }, { dedupeKey, within }));

test('the second emit under a key stores nothing, and returns the receipt of the first as a duplicate', async () => {
  await using h = await harness({ services: [Receiver] });
  const first = await emit(h.db, 1, 'a');
  expect(first).toEqual({ emissionId: expect.any(String) as string, deliveries: 1 });
  expect(await emit(h.db, 2, 'a')).toEqual({ ...first, duplicate: true });
  expect(await countEmissions(h.sql)).toBe(1);
  const [row] = await h.sql`select count(*)::int as n from signalbox.delivery`;
  expect(row).toEqual({ n: 1 });
});

test('a key is that of one signal', async () => {
  await using h = await harness();
  await emit(h.db, 1, 'a');
  expect(await emit(h.db, 1, 'a', '1h', other as never)).not.toHaveProperty('duplicate');
  expect(await emit(h.db, 1, 'b')).not.toHaveProperty('duplicate');
  expect(await countEmissions(h.sql)).toBe(3);
});

test('when the window is over by the clock of the database, the next emit stores again and begins another', async () => {
  await using h = await harness();
  const first = await emit(h.db, 1, 'a', '2h');
  await travel(h.box, '119m');
  expect(await emit(h.db, 2, 'a', '2h')).toEqual({ ...first, duplicate: true });
  await travel(h.box, '1m');
  const second = await emit(h.db, 3, 'a', '2h');
  expect(second).not.toHaveProperty('duplicate');
  expect(second.emissionId).not.toBe(first.emissionId);
  expect(await emit(h.db, 4, 'a', '2h')).toEqual({ ...second, duplicate: true });
});

test('an emit without a key sends the one statement that it always sent, and one with a key sends one, too', async () => {
  await using h = await harness();
  const statements: string[] = [];
  const db = drizzle({ client: h.connect({ max: 1, debug: (_connection, text) => statements.push(text) }) }) as Database;
  await using _box = createSignalbox({ db, services: [Receiver], log: false });
  await emit(db, 0, 'warm');
  await db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 0 })));
  statements.length = 0;
  await db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  expect(statements.map((text) => text.trim().slice(0, 6))).toEqual(['begin', 'with i', 'commit']);
  expect(statements[1]).not.toContain('dedupe');
  for (const key of ['a', 'a']) {
    statements.length = 0;
    await emit(db, 1, key);
    expect(statements.map((text) => text.trim().slice(0, 6))).toEqual(['begin', 'with i', 'commit']);
  }
});

test.for(DRIVERS)('%s: a second sender waits for the first, and is a duplicate once that has committed', async (driver) => {
  await using h = await openBehindProxy(driver);
  const hold = new Latch();
  const taken = new Latch();
  let receipt: EmissionReceipt | undefined;
  const first = h.direct.transaction(async (tx) => {
    receipt = await happened.emitReliable(tx, { value: 1 }, { dedupeKey: 'a' });
    taken.open();
    await hold.opened;
  });
  await taken.opened;
  // The same key of another signal is none of its business.
  await emit(h.direct, 0, 'a', '1h', other as never);
  const second = emit(h.db, 2, 'a');
  await untilBlocked(h.sql);
  hold.open();
  await first;
  expect(await second).toEqual({ ...receipt!, duplicate: true });
  expect(await countEmissions(h.sql)).toBe(2);
});

test.for(DRIVERS)('%s: a second sender waits for the first, and stores once that has rolled back', async (driver) => {
  await using h = await openBehindProxy(driver);
  const hold = new Latch();
  const taken = new Latch();
  const first = h.direct.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 1 }, { dedupeKey: 'a' });
    taken.open();
    await hold.opened;
    throw new Error('on purpose');
  });
  await taken.opened;
  const second = emit(h.db, 2, 'a');
  await untilBlocked(h.sql);
  hold.open();
  await expect(first).rejects.toThrow('on purpose');
  expect(await second).not.toHaveProperty('duplicate');
  expect(await countEmissions(h.sql)).toBe(1);
});

const levels = DRIVERS.flatMap((driver) => (['repeatable read', 'serializable'] as const).map((level) => [driver, level] as const));
test.for(levels)(
  '%s: at %s, a key that was taken since the snapshot is DedupeConflict, and the next try is a duplicate',
  async ([driver, level]) => {
    await using h = await openBehindProxy(driver);
    const attempt = (before: () => Promise<unknown>): Promise<EmissionReceipt> =>
      h.db.transaction(
        async (tx) => {
          await tx.execute(drizzleSql`select 1 from signalbox.emission`);
          await before();
          return happened.emitReliable(tx, { value: 2 }, { dedupeKey: 'a' });
        },
        { isolationLevel: level },
      );
    const failure: unknown = await attempt(() => emit(h.direct, 1, 'a')).catch((error: unknown) => error);
    expect(failure).toSatisfy((error) => isSignalboxError(error, 'DedupeConflict'));
    expect(String((failure as Error).message)).toContain('run the whole transaction again');
    expect(await attempt(async () => {})).toHaveProperty('duplicate', true);
    expect(await countEmissions(h.sql)).toBe(1);
  },
);

test('duplicates of a committed emission neither wait for each other nor take the id of a transaction', async () => {
  await using h = await harness();
  await emit(h.db, 1, 'a');
  await h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 2 }, { dedupeKey: 'a' });
    const assigned = (await tx.execute(drizzleSql`select pg_current_xact_id_if_assigned()::text as xid`)) as unknown as { xid: unknown }[];
    expect(assigned[0]!.xid).toBeNull();
    await h.db.transaction(async (beside) => {
      await beside.execute(drizzleSql`set local lock_timeout = '5s'`);
      expect(await happened.emitReliable(beside, { value: 3 }, { dedupeKey: 'a' })).toHaveProperty('duplicate', true);
    });
  });
});

test('a key that a savepoint took is free again when the savepoint is rolled back', async () => {
  await using h = await harness();
  await h.db.transaction(async (tx) => {
    const inner = tx.transaction(async (savepoint) => {
      await happened.emitReliable(savepoint, { value: 1 }, { dedupeKey: 'a' });
      throw new Error('on purpose');
    });
    await inner.catch(() => {});
    expect(await happened.emitReliable(tx, { value: 2 }, { dedupeKey: 'a' })).not.toHaveProperty('duplicate');
    expect(await happened.emitReliable(tx, { value: 3 }, { dedupeKey: 'a' })).toHaveProperty('duplicate', true);
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('emitMany stores the first payload of each free key, and its receipts are in the order of the payloads', async () => {
  await using h = await harness({ services: [Receiver] });
  const known = await emit(h.db, 1, '1');
  const values = [3, 1, 2, 3];
  const receipts = await h.db.transaction(async (tx) =>
    happened.emitMany(
      tx,
      values.map((value) => ({ value })),
      { dedupeKey: ({ value }) => String(value), within: '1h' },
    ),
  );
  expect(receipts.map(({ duplicate }) => duplicate ?? false)).toEqual([false, true, false, true]);
  expect(receipts[1]).toEqual({ ...known, duplicate: true });
  expect(receipts[3]).toEqual({ ...receipts[0], duplicate: true });
  const rows = await h.sql`select payload ->> 'value' as value, id::text from signalbox.emission order by 1`;
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { value: '1', id: known.emissionId },
    { value: '2', id: receipts[2]!.emissionId },
    { value: '3', id: receipts[0]!.emissionId },
  ]);
});

test('emits of many payloads take their keys in one order', async () => {
  await using h = await harness();
  const hold = new Latch();
  const taken = new Latch();
  const first = h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 2 }, { dedupeKey: 'b' });
    taken.open();
    await hold.opened;
  });
  await taken.opened;
  const many = h.db.transaction(async (tx) =>
    happened.emitMany(tx, [{ value: 2 }, { value: 1 }], { dedupeKey: ({ value }) => 'ab'[value - 1]! }),
  );
  await untilBlocked(h.sql);
  // It has taken a before it came to b, though it names b first.
  const second = emit(h.db, 1, 'a');
  await untilBlocked(h.sql, 2);
  hold.open();
  await first;
  expect((await many).map(({ duplicate }) => duplicate ?? false)).toEqual([true, false]);
  expect(await second).toHaveProperty('duplicate', true);
});

test.for(DRIVERS)('%s: a lost COMMIT is not decided by the emission of which it emitted a duplicate', async (driver) => {
  await using h = await openBehindProxy(driver);
  await emit(h.direct, 1, 'a');
  const cut = h.proxy.nextCommit('never sent');
  const sent = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    return happened.emitReliable(tx, { value: 1 }, { dedupeKey: 'a' });
  });
  await expect(sent).rejects.toSatisfy((error) => driverOf(h.db).isConnectionLoss(error));
  await cut;
  expect(await readEffects(h.sql)).toEqual([]);
});

test.for(DRIVERS)('%s: a lost COMMIT is decided by the emission that it stored, beside a duplicate', async (driver) => {
  await using h = await openBehindProxy(driver);
  await emit(h.direct, 1, 'a');
  const send = (): Promise<EmissionReceipt> =>
    h.db.transaction(async (tx) => {
      const [, stored] = await happened.emitMany(tx, [{ value: 1 }, { value: 2 }], { dedupeKey: ({ value }) => 'ab'[value - 1]! });
      return stored!;
    });
  const unsent = h.proxy.nextCommit('never sent');
  await expect(send()).rejects.toSatisfy((error) => driverOf(h.db).isConnectionLoss(error));
  await unsent;
  expect(await countEmissions(h.sql)).toBe(1);
  const unanswered = h.proxy.nextCommit('its answer is lost');
  expect(await send()).not.toHaveProperty('duplicate');
  await unanswered;
  expect(await send()).toHaveProperty('duplicate', true);
  expect(await countEmissions(h.sql)).toBe(2);
});

test.each(['immediate', 'manual'] as const)('in %s mode a duplicate runs no receiver', async (testing) => {
  await using h = await harness({ services: [Receiver], testing });
  Receiver.seen.length = 0;
  const emissions = await captured(async () => {
    await emit(h.db, 1, 'a');
    await emit(h.db, 2, 'a');
    await h.box.drain();
  });
  expect(Receiver.seen).toEqual([1]);
  expect(emissions.all).toHaveLength(1);
});

test('in capture mode, which stores nothing, a key is remembered until its transaction is rolled back', async () => {
  await using h = await harness({ testing: 'capture' });
  const emissions = await captured(async () => {
    const rolledBack = h.db.transaction(async (tx) => {
      await happened.emitReliable(tx, { value: 1 }, { dedupeKey: 'a' });
      throw new Error('on purpose');
    });
    await rolledBack.catch(() => {});
    const first = await emit(h.db, 2, 'a');
    expect(first).not.toHaveProperty('duplicate');
    expect(await emit(h.db, 3, 'a')).toEqual({ ...first, duplicate: true });
  });
  expect(emissions.all.map(({ payload }) => payload)).toEqual([{ value: 2 }]);
  expect(await countEmissions(h.sql)).toBe(0);
});

test('options that make no sense are refused', async () => {
  await using h = await harness();
  await h.db.transaction(async (tx) => {
    const refused = (options: object): Promise<unknown> =>
      happened.emitReliable(tx, { value: 1 }, options).catch((error: unknown) => error);
    for (const options of [{ within: '1h' }, { dedupeKey: '' }, { dedupeKey: 'a\n' }, { dedupeKey: 1 }, { dedupeKey: 'a', within: 0 }])
      expect(await refused(options)).toSatisfy((error) => isSignalboxError(error, 'InvalidOption'));
    for (const dedupeKey of ['a', () => 1, () => ''])
      await expect(happened.emitMany(tx, [{ value: 1 }], { dedupeKey: dedupeKey as never })).rejects.toThrow('InvalidOption');
    await expect(happened.emit(tx, { value: 1 }, { dedupeKey: 'a' } as never)).rejects.toThrow('InvalidOption');
  });
});
