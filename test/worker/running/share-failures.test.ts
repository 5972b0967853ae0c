// Deliveries that fail in a transaction that they share: what becomes of them, and of their neighbours.
import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { type DeliveryContext, Discard, Unavailable } from '../../../src/index.ts';
import { BatchesStore } from '../../../src/store/deliveries/batch.ts';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { readErrors } from '../../support/effects.ts';
import { effectsOf, exceptions, InCompany, openWith, receiverThat, timesOf, together, values, work } from './share-fixture.ts';

vi.mock('../../../src/worker/running/sharing.ts', async (original) => (await import('./patient-sharing.ts')).patient(await original()));

const without = (count: number, ...missing: number[]): number[] => values(count).filter((value) => !missing.includes(value));

test.for(DRIVERS)(
  '%s: one that fails is undone and settled by itself; the others commit together, and none is called again',
  async (driver) => {
    const { Receiver, calls } = receiverThat(async (value, { tx }) => {
      if (value === 10) throw new Error('bad');
      if (value === 20) await tx.execute(sql`select 1 / 0`);
      if (value === 30) await tx.execute(sql`select 1 / 0`).catch(() => {});
      if (value === 40) throw new Discard('not wanted');
      if (value === 50) await tx.transaction(async (inner) => inner.execute(sql`select 1 / 0`)).catch(() => {});
    });
    await using h = await openWith(driver, Receiver, 100);
    await work(h, 100);
    expect(calls.toSorted((a, b) => a - b)).toEqual(values(100));
    expect(await effectsOf(h)).toEqual(without(100, 10, 20, 30, 40));
    expect(await exceptions(h)).toEqual(['10 ready 1', '20 ready 1', '30 ready 1', '40 cancelled 1']);
    expect((await readErrors(h.sql)).map(({ message }) => message)).toEqual([
      'bad',
      expect.stringContaining('division'),
      expect.stringContaining('its error was caught'),
      'not wanted',
    ]);
    expect(Math.max(...(await together(h)))).toBeGreaterThan(2);
  },
);

test.for(DRIVERS)('%s: a refused COMMIT fails none of them: they run singly, and only the bad one has failed', async (driver) => {
  const bad = new InCompany();
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    if ((await bad.is(value, context, call)) || value === bad.value) await context.tx.execute(sql`insert into once values (1)`);
  });
  await using h = await openWith(driver, Receiver, 60);
  await h.sql`create table once (id int, constraint once_only unique (id) deferrable initially deferred)`;
  await h.sql`insert into once values (1)`;
  await work(h, 60);
  expect(timesOf(calls, bad.value - 1, bad.value)).toEqual([2, 2]);
  expect(await effectsOf(h)).toEqual(without(60, bad.value));
  expect(await exceptions(h)).toEqual([`${bad.value} ready 1`]);
});

test.for(DRIVERS)(
  '%s: one that failed in a transaction that came to nothing runs again: its neighbours may have been why',
  async (driver) => {
    const second = new InCompany();
    const { Receiver, calls } = receiverThat(async (value, context, call) => {
      if (await second.is(value, context, call)) throw new Error('it saw what was never kept');
    });
    await using h = await openWith(driver, Receiver, 60);
    // Refused at its end is each transaction that has written in a savepoint.
    await h.sql.unsafe(`create function refuse() returns trigger language plpgsql as $$ begin
      if exists (select from effect where value = new.value and xmin <> pg_current_xact_id()::xid) then
        raise exception 'refused' using errcode = '23505';
      end if; return null; end $$;
    create constraint trigger refuse after insert on effect deferrable initially deferred for each row execute function refuse()`);
    await work(h, 60);
    expect(second.value).toBeGreaterThan(0);
    expect(timesOf(calls, second.value - 1, second.value)).toEqual([2, 2]);
    expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
  },
);

test.for([
  ['40P01', 3],
  ['40001', 3],
  ['55P03', 2],
  ['57014', 2],
] as const)('%s counts for none of them, for a neighbour may be in the way: that delivery runs singly', async ([errcode, times]) => {
  const one = new InCompany();
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    // A conflict may follow it there, too: the others still share.
    if ((await one.is(value, context, call)) || (value === one.value && call < times)) await context.tx.execute(sql`select clash()`);
  });
  await using h = await openWith('postgres.js', Receiver, 60);
  await h.sql.unsafe(
    `create function clash() returns int language plpgsql as $$ begin raise exception 'a clash' using errcode = '${errcode}'; end $$`,
  );
  await work(h, 60);
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([1, times]);
  expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(60), [], []]);
});

test('two transactions that lock the same rows in another order: no delivery has failed', async () => {
  const { Receiver } = receiverThat((value, { tx }) => tx.execute(sql`update account set n = n + 1 where id = ${value % 3}::int`));
  await using h = await openWith('postgres.js', Receiver, 200);
  await h.sql`create table account (id int primary key, n int)`;
  await h.sql`insert into account select generate_series(0, 2), 0`;
  await work(h, 200, { concurrency: 4 });
  expect([await effectsOf(h), await exceptions(h), await readErrors(h.sql)]).toEqual([values(200), [], []]);
  const [row] = await h.sql<{ n: number }[]>`select sum(n)::int as n from account`;
  expect(row!.n).toBe(200);
});

test.for(DRIVERS)('%s: a service that is away pauses the receiver: the others of the transaction are not called', async (driver) => {
  const one = new InCompany();
  const { Receiver } = receiverThat(async (value, context, call) => {
    if (await one.is(value, context, call)) throw new Unavailable('200ms');
  });
  await using h = await openWith(driver, Receiver, 60);
  const resumed = h.box.next('receiver.resumed');
  await work(h, 60);
  await resumed;
  // On a lane the next transaction may have begun by then.
  const after = await h.sql`
    select from at_commit a join at_commit b on b.xid = a.xid where a.value = ${one.value - 1} and b.value > ${one.value}`;
  expect(after).toHaveLength(0);
  expect([await effectsOf(h), await exceptions(h)]).toEqual([values(60), []]);
});

test.for(DRIVERS)(
  '%s: where it is not known that its savepoint stands, nothing is undone to it, for that of a neighbour would be',
  async (driver) => {
    let [armed, failing] = [false, false];
    const { Receiver } = receiverThat((value) => {
      // Behind several in the same transaction.
      if (value === 30) armed = true;
      if (!failing) return;
      failing = false;
      throw new Error('on purpose');
    });
    await using h = await openWith(driver, Receiver, 60);
    const { beginPart } = BatchesStore.prototype;
    using _spy = vi.spyOn(BatchesStore.prototype, 'beginPart').mockImplementation(async function (this: BatchesStore, run) {
      if (!armed) return beginPart.call(this, run);
      [armed, failing] = [false, true];
      throw new Error('not sent');
    });
    await work(h, 60);
    expect([await effectsOf(h), await exceptions(h)]).toEqual([values(60), []]);
  },
);

test.for(DRIVERS)('%s: each has its own timeout: that of one is its failure alone, and its neighbours run singly', async (driver) => {
  const slow = new InCompany();
  const script = async (value: number, context: DeliveryContext, call: number): Promise<void> => {
    if (await slow.is(value, context, call)) await new Promise<void>(() => {});
  };
  const { Receiver, calls } = receiverThat(script, { share: 25, timeout: 400 });
  await using h = await openWith(driver, Receiver, 60);
  await work(h, 60);
  expect(timesOf(calls, slow.value - 1, slow.value)).toEqual([2, 1]);
  expect([await effectsOf(h), await exceptions(h)]).toEqual([without(60, slow.value), [`${slow.value} ready 1`]]);
  expect(await readErrors(h.sql)).toMatchObject([{ message: expect.stringContaining('did not finish within 400 ms') as string }]);
});
