// assertIdempotent: what it compares, what it leaves out, and what it refuses. The corpus has the faults that it finds.
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type DeliveryContext, type DetachedDeliveryContext, defineSignal, OnSignal } from '../../src/index.ts';
import { assertIdempotent, recorder } from '../../src/testing.ts';
import { differencesOf } from '../../src/testing/snapshot-difference.ts';
import { harness, type Harness } from '../support/harness.ts';

const paid = defineSignal('idempotent.paid', z.object({ order: z.int() }));

const parent = pgTable('parent', { id: integer('id').primaryKey() });
const line = pgTable('line', {
  id: integer('id').generatedAlwaysAsIdentity(),
  order: integer('order_id').notNull(),
  at: timestamp('at').notNull().defaultNow(),
  note: text('note'),
});

const open = async (h: Harness): Promise<Harness> => {
  await h.sql`create table parent (id int primary key)`;
  await h.sql`create table child (parent_id int references parent)`;
  await h.sql`create table line (id int generated always as identity, order_id int not null, at timestamp not null default now(), note text, twice int generated always as (order_id * 2) stored)`;
  await h.sql`insert into parent values (1)`;
  await h.sql`insert into child values (1)`;
  return h;
};

test('identities, times and chance that the database gives are not compared, nor columns that are ignored', async () => {
  class Lines {
    @OnSignal(paid)
    static async write({ order }: { order: number }, { tx }: DeliveryContext): Promise<void> {
      await (tx as never as Harness['db']).insert(line).values({ order, note: String(Math.random()) });
    }
  }
  await using h = await open(await harness({ services: [Lines], testing: 'manual' }));
  await assertIdempotent(h.box, Lines, 'write', { order: 1 }, { tables: [line], ignore: ['line.note'] });
  await expect(assertIdempotent(h.box, Lines, 'write', { order: 2 }, { tables: [line] })).rejects.toThrow(
    /Lines\.write ran again after a crash.*\n {2}line: note "0\.\d+" became "0\.\d+" in the row \{.*"order_id":2/,
  );
});

test('all is put back before it runs twice at once, with rows that others point at', async () => {
  let calls = 0;
  class Lines {
    @OnSignal(paid, { transactional: false })
    static async write(_payload: object, { idempotencyKey }: DetachedDeliveryContext): Promise<void> {
      calls++;
      expect(await current.db.$count(line)).toBe(calls === 2 ? 1 : 0);
      if (calls !== 2) await both();
      await send(idempotencyKey);
      await current.sql`insert into line (order_id) select 1 where not exists (select from line)`;
    }
  }
  let current!: Harness;
  const waiting: (() => void)[] = [];
  // The third and the fourth call wait for each other, so that both look before either writes.
  const both = async (): Promise<void> => {
    if (calls < 3) return;
    const arrived = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length === 2) for (const go of waiting) go();
    await arrived;
  };
  const send = recorder((_key: string) => 'sent', { key: (key) => key });
  await using h = (current = await open(await harness({ services: [Lines], testing: 'manual' })));
  const asserted = assertIdempotent(h.box, Lines, 'write', { order: 1 }, { tables: [parent, line], calls: [send] });
  const outcome = await asserted.then(
    () => '',
    (error: Error) => error.message,
  );
  // Two inserts at once may both find nothing, or not: either way nothing else differs.
  expect(outcome.replace(/^Lines\.write ran twice at once.*\n {2}line: the row .* is one too many$/, '')).toBe('');
  expect(calls).toBe(4);
  expect(send.effects).toHaveLength(1);
  expect(await h.sql`select from child`).toHaveLength(1);
});

test('a receiver that fails, and an assertion that would compare nothing, are refused', async () => {
  class Failing {
    @OnSignal(paid)
    static fail(): void {
      throw new Error('no');
    }
  }
  await using h = await open(await harness({ services: [Failing], testing: 'manual' }));
  const failing = assertIdempotent(h.box, Failing, 'fail', { order: 1 }, { tables: [line] });
  await expect(failing).rejects.toMatchObject({ code: 'ReceiverFailed', cause: { message: 'no' } });
  await expect(assertIdempotent(h.box, Failing, 'fail', { order: 1 }, {})).rejects.toThrow('nothing would be compared');
  await expect(assertIdempotent(h.box, Failing, 'fail', {}, { tabels: [] } as never)).rejects.toThrow('Did you mean tables?');
});

test('a difference names the rows that are missing or too many, and the columns that differ', () => {
  const of = (...rows: object[]) => [
    { table: { schema: 'public', name: 't' }, rows: rows.map((row) => JSON.stringify(row)), varying: new Set(['id']) },
  ];
  const none = new Set<string>();
  expect(differencesOf(of({ id: 1, n: 1 }), of({ id: 2, n: 1 }), none)).toEqual([]);
  expect(differencesOf(of({ n: 1, m: 2 }), of({ n: 3, m: 2 }), none)).toEqual(['t: n 1 became 3 in the row {"n":3,"m":2}']);
  expect(differencesOf(of({ n: 1 }), of({ n: 1 }, { n: 1 }), none)).toEqual(['t: the row {"n":1} is one too many']);
  expect(differencesOf(of({ n: 1 }, { n: 2 }), of({ n: 2 }), none)).toEqual(['t: the row {"n":1} is missing']);
  expect(differencesOf(of({ n: 1 }), of({ n: 2 }), new Set(['t.n']))).toEqual([]);
});
