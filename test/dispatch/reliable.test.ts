// emitReliable and emitMany: the rows that they store.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal, type DeliveryContext } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const happened = defineSignal('reliable.happened', z.object({ value: z.number() }));
const unheard = defineSignal('reliable.unheard', z.object({ value: z.number() }));

class First {
  @OnSignal(happened)
  static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'First', value });
  }
}

class Second {
  @OnSignal(happened)
  static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'Second', value });
  }
}

test('an emit is one statement between BEGIN and COMMIT, for any number of receivers and payloads', async () => {
  await using h = await harness();
  const statements: string[] = [];
  const db = drizzle({ client: h.connect({ max: 1, debug: (_connection, text) => statements.push(text) }) });
  await using _box = createSignalbox({ db, services: [First, Second], log: false });
  await db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 0 })));
  statements.length = 0;
  await db.transaction(async (tx) => {
    expect(await happened.emitReliable(tx, { value: 1 })).toMatchObject({ deliveries: 2 });
  });
  expect(statements.map((text) => text.trim().slice(0, 6))).toEqual(['begin', 'with i', 'commit']);
  statements.length = 0;
  await db.transaction(async (tx) => {
    await happened.emitMany(
      tx,
      Array.from({ length: 1_000 }, (_, value) => ({ value })),
    );
  });
  expect(statements).toHaveLength(3);
});

test('a receiver that is only in the catalogue gets its delivery', async () => {
  await using h = await harness({ services: [First] });
  // Another process, with other code, has announced Second.
  await h.another({ services: [Second] }).drain();
  const receipt = await h.db.transaction(async (tx) => happened.emitReliable(tx, { value: 1 }));
  expect(receipt.deliveries).toBe(2);
  expect((await readDeliveries(h.sql)).map(({ receiver }) => receiver)).toEqual(['First.receive', 'Second.receive']);
});

test('a process without any service reaches the receivers of the catalogue', async () => {
  await using h = await harness();
  await h.another({ services: [First, Second] }).drain();
  const receipt = await h.db.transaction(async (tx) => happened.emitReliable(tx, { value: 1 }));
  expect(receipt.deliveries).toBe(2);
});

test('one emission never makes two deliveries for one receiver', async () => {
  await using h = await harness({ services: [First] });
  await h.another({ services: [First] }).drain();
  const { emissionId: id } = await h.db.transaction(async (tx) => happened.emitReliable(tx, { value: 1 }));
  expect(await readDeliveries(h.sql)).toHaveLength(1);
  const again = h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
    select emission_id, receiver_id, 1, now() from signalbox.delivery where emission_id = ${id}`;
  await expect(again).rejects.toMatchObject({ code: '23505', constraint_name: 'delivery_emission_receiver' });
});

test('a process whose receivers could not be announced earlier still reaches them all', async () => {
  await using h = await harness({ services: [First, Second] });
  await h.sql`alter table signalbox.receiver rename to receiver_away`;
  await h.db.transaction(async () => {});
  await h.sql`alter table signalbox.receiver_away rename to receiver`;
  const receipt = await h.db.transaction(async (tx) => happened.emitReliable(tx, { value: 1 }));
  expect(receipt.deliveries).toBe(2);
});

test('a repeatable read transaction reaches the receivers of its own process, although its snapshot is older', async () => {
  await using h = await harness({ services: [First] });
  await createEffects(h.sql);
  const receipt = await h.db.transaction(
    async (tx) => {
      await tx.select().from(effects);
      await h.sql`delete from signalbox.receiver`;
      await h.another({ services: [Second] }).drain();
      return happened.emitReliable(tx, { value: 1 });
    },
    { isolationLevel: 'repeatable read' },
  );
  expect(receipt.deliveries).toBe(1);
});

test('without receivers the emission is stored, the result is 0, and a warning is logged', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ log });
  const receipt = await h.db.transaction(async (tx) => unheard.emitReliable(tx, { value: 1 }));
  expect(receipt.deliveries).toBe(0);
  expect(await countEmissions(h.sql)).toBe(1);
  expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('reliable.unheard') as string }]);
});

test('many payloads are stored in their order, with a receipt for each', async () => {
  await using h = await harness({ services: [First, Second] });
  await createEffects(h.sql);
  const payloads = Array.from({ length: 6_000 }, (_, value) => ({ value }));
  const receipts = await h.db.transaction(async (tx) => happened.emitMany(tx, payloads));
  expect(new Set(receipts.map(({ emissionId: id }) => id)).size).toBe(6_000);
  expect(receipts.every(({ deliveries }) => deliveries === 2)).toBe(true);
  const stored = await h.sql<{ id: string }[]>`select id from signalbox.emission order by (payload ->> 'value')::int`;
  expect(stored.map(({ id }) => id)).toEqual(receipts.map(({ emissionId: id }) => id));
  expect(await h.db.transaction(async (tx) => happened.emitMany(tx, []))).toEqual([]);
});

test('if one of many payloads is invalid, none is stored', async () => {
  await using h = await harness({ services: [First] });
  await h.db.transaction(async (tx) => {
    const attempt = happened.emitMany(tx, [{ value: 1 }, { value: 'two' as unknown as number }]);
    await expect(attempt).rejects.toMatchObject({ code: 'InvalidPayload' });
  });
  expect(await countEmissions(h.sql)).toBe(0);
});

test('a delayed or scheduled emit is not due before its time', async () => {
  await using h = await harness({ services: [First] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 1 }, { delay: '1h' });
    await happened.emitReliable(tx, { value: 2 }, { runAt: new Date(Date.now() + 3 * 3_600_000) });
    await happened.emitReliable(tx, { value: 3 }, { runAt: new Date(0) });
  });
  await h.box.drain();
  expect(await readEffects(h.sql)).toEqual(['First:3']);
  await h.box.drain({ ahead: '2h' });
  expect(await readEffects(h.sql)).toEqual(['First:3', 'First:1']);
  await h.box.drain({ ahead: '4h' });
  expect(await readEffects(h.sql)).toEqual(['First:3', 'First:1', 'First:2']);
});

test('an emission with a head start runs before those that became due shortly before it', async () => {
  await using h = await harness({ services: [First] }, { max: 3 });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await happened.emitMany(tx, [{ value: 1 }, { value: 2 }]);
    await happened.emitReliable(tx, { value: 3 }, { headStart: '1h' });
    await happened.emitReliable(tx, { value: 4 }, { headStart: '2h' });
  });
  await h.box.drain();
  expect(await readEffects(h.sql)).toEqual(['First:4', 'First:3', 'First:1', 'First:2']);
});

test('headers reach the receivers', async () => {
  let seen: DeliveryContext['emission'] | undefined;
  class Listener {
    @OnSignal(happened)
    static async receive(_payload: { value: number }, { emission }: DeliveryContext): Promise<void> {
      seen = emission;
    }
  }
  await using h = await harness({ services: [Listener] });
  const { emissionId: id } = await h.db.transaction(async (tx) =>
    happened.emitReliable(tx, { value: 1 }, { headers: { traceparent: '00-ab' } }),
  );
  await h.box.drain();
  expect(seen).toEqual({ id, signal: 'reliable.happened', emittedAt: expect.any(Date) as Date, headers: { traceparent: '00-ab' } });
});

test('a transaction that was not opened through the box can emit the same rows', async () => {
  await using h = await harness({ services: [First] });
  await createEffects(h.sql);
  const { dialect } = h.db as unknown as { dialect: object };
  const untracked = Object.assign(drizzle({ client: h.connect({ max: 1 }) }), { dialect });
  const { session } = untracked as unknown as { session: { dialect: object } };
  session.dialect = dialect;
  await untracked.transaction(async (tx) => {
    expect(await happened.emitReliable(tx, { value: 1 })).toMatchObject({ deliveries: 1 });
  });
  await h.box.drain();
  expect(await readEffects(h.sql)).toEqual(['First:1']);
});
