// Partitioned tables: the whole life of deliveries on them, and how partitions are made and dropped beside it.
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal, type Signalbox } from '../../src/index.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts';
import { firstIdAt } from '../../src/core/periods.ts';
import { over, missing } from '../../src/operate/partitions.ts';
import type { Run } from '../../src/drivers/driver.ts';
import { PartitionsStore } from '../../src/store/partitions/partitions.ts';
import { createDatabase } from '../support/database.ts';
import { type Database } from '../support/harness.ts';
import { addReceiver, runOn } from '../store/rows.ts';
import { addError, addSettled, AN_HOUR, namespace, rowsLeft } from '../store/retention/support.ts';
import { untilBlocked } from '../store/waits.ts';

const happened = defineSignal('partitioned.happened', z.object({ fails: z.boolean() }));

class Listener {
  @OnSignal(happened, { retry: { attempts: 1 } })
  static async receive({ fails }: { fails: boolean }): Promise<void> {
    if (fails) throw new Error('no');
  }
}

interface Partitioned extends AsyncDisposable {
  readonly sql: postgres.Sql;
  readonly db: Database;
  readonly box: Signalbox<Database>;
}

async function openPartitioned(before: (sql: postgres.Sql) => Promise<unknown> = async () => {}): Promise<Partitioned> {
  const database = await createDatabase();
  const sql = database.connect({ max: 4 });
  const db = drizzle({ client: database.connect({ max: 10 }) }) as Database;
  const box = createSignalbox({ db, services: [Listener], log: false });
  await before(sql);
  await sql.begin(async (tx) => {
    for (const text of box.partitions.migration({ every: 'week' }).split('--> statement-breakpoint')) await tx.unsafe(text);
  });
  return {
    sql,
    db,
    box,
    [Symbol.asyncDispose]: async () => {
      await box.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const WEEK = 7 * 24;

/** Rows of each partition of a table. */
async function rowsBy(sql: postgres.Sql, table: 'emission' | 'settled'): Promise<Record<string, number>> {
  const rows = await sql<{ name: string; count: number }[]>`
    select tableoid::regclass::text as name, count(*)::int as count from ${sql(`signalbox.${table}`)} group by 1`;
  return Object.fromEntries(rows.map(({ name, count }) => [name.replace('signalbox.', ''), count]));
}

/** The partition of the rows so far ends three weeks ago: what is older is in it, and the rest in the partition `recent`. */
async function splitBefore(sql: postgres.Sql): Promise<void> {
  const split = Date.now() - 3 * WEEK * HOUR_MS;
  for (const table of ['settled', 'emission']) {
    const [row] = await sql<{ bound: string }[]>`
      select pg_get_expr(relpartbound, oid) as bound from pg_class where oid = ${`signalbox.${table}_before`}::regclass`;
    const end = /TO \('([^']+)'\)/.exec(row!.bound)![1]!;
    await sql.unsafe(`alter table signalbox.${table} detach partition signalbox.${table}_before`);
    await sql.unsafe(
      `alter table signalbox.${table} attach partition signalbox.${table}_before for values from (minvalue) to ('${firstIdAt(split)}')`,
    );
    await sql.unsafe(
      `create table signalbox.${table}_recent partition of signalbox.${table} for values from ('${firstIdAt(split)}') to ('${end}')`,
    );
  }
}

test('the whole life of deliveries passes on partitioned tables, and the rows so far stay where they are', async () => {
  await using h = await openPartitioned(async (sql) => addSettled(sql, 30, [[await addReceiver(sql, 'Old.receive'), 'completed', 29]]));
  const { sql, db, box } = h;
  const emit = async (fails: boolean): Promise<string> =>
    db.transaction(async (tx) => (await happened.emitReliable(tx, { fails })).emissionId);
  const [good, bad] = [await emit(false), await emit(true)];
  expect(await box.drain()).toMatchObject({ completed: 1, dead: 1 });
  expect(await box.deliveries.retry({ emissionId: bad })).toHaveLength(1);
  expect(await box.deliveries.replay({ emissionId: good })).toHaveLength(1);
  await using worker = box.worker({ pollInterval: '50ms' });
  const dead = box.next('delivery.dead');
  const completed = box.next('delivery.completed');
  await worker.start();
  await Promise.all([dead, completed]);
  await worker.stop();
  expect(await box.deliveries.cancel({ emissionId: bad })).toHaveLength(1);
  expect(await box.emissions.settled(good)).toMatchObject([{ state: 'completed', generation: 1 }]);
  expect(await box.prune({ states: ['completed'], olderThan: '1d' })).toMatchObject({ emissions: 1, deliveries: 1 });
  expect(await rowsBy(sql, 'emission')).toEqual({ emission_before: 2 });
  expect(await box.erase({ path: 'fails', value: 'true' })).toMatchObject({ emissions: 1, errors: 3 });
});

test('a prune goes by the emission where two partitions have rows at equal places', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  await splitBefore(sql);
  const receiver = await addReceiver(sql, 'Old.receive');
  const gone = await addSettled(sql, 4 * WEEK, [[receiver, 'completed', 4 * WEEK]]);
  const kept = await addSettled(sql, 2 * WEEK, [[receiver, 'dead', 2 * WEEK]]);
  await addError(sql, gone);
  const places = await sql<{ place: string; name: string }[]>`
    select ctid::text as place, tableoid::regclass::text as name from signalbox.settled union all select ctid::text, tableoid::regclass::text from signalbox.emission`;
  expect(new Set(places.map(({ place }) => place))).toEqual(new Set(['(0,1)']));
  expect(new Set(places.map(({ name }) => name)).size).toBe(4);
  expect(await box.prune()).toEqual({ emissions: 1, deliveries: 1, errors: 1 });
  expect(await rowsLeft(sql)).toMatchObject({ emissions: [kept], settled: 1, errors: 0 });
});

test('partitions are made ahead, and take what the default one has of their time', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  const receiver = await addReceiver(sql, 'Old.receive');
  // The clock of its emitter is nine weeks ahead.
  const ahead = await addSettled(sql, -9 * WEEK, [[receiver, 'completed', 1]]);
  expect(await rowsBy(sql, 'emission')).toEqual({ emission_default: 1 });
  const { created, dropped, left } = await box.partitions.tend({ every: 'week', keep: 4, ahead: 10 });
  expect({ dropped, left }).toEqual({ dropped: [], left: [] });
  expect(created.length).toBeGreaterThan(3);
  const names = Object.keys({ ...(await rowsBy(sql, 'emission')), ...(await rowsBy(sql, 'settled')) });
  expect(names).toHaveLength(2);
  expect(names.every((name) => created.includes(name.split('_')[1]!))).toBe(true);
  expect((await rowsLeft(sql)).emissions).toEqual([ahead]);
  expect(await box.partitions.tend({ every: 'week', keep: 4, ahead: 10 })).toEqual({ created: [], dropped: [], left: [] });
  const options =
    await sql`select from pg_class where relname = ${`settled_${created[0]!}`} and 'autovacuum_freeze_min_age=0' = any(reloptions)`;
  expect(options).toHaveLength(1);
});

test('a partition whose time is over goes, and what must stay of it is set aside', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  await splitBefore(sql);
  const [a, b] = [await addReceiver(sql, 'A.receive'), await addReceiver(sql, 'B.receive')];
  const old = 5 * WEEK;
  const gone = await addSettled(sql, old, [[a, 'completed', old]]);
  await addError(sql, gone);
  const dead = await addSettled(sql, old, [
    [a, 'completed', old],
    [b, 'dead', old],
  ]);
  await addError(sql, dead);
  const lives = await addSettled(sql, old, [[a, 'completed', old]]);
  await addError(sql, lives);
  await sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${lives}, ${b}, 1, now() + interval '1 year')`;
  const young = await addSettled(sql, old, [[a, 'completed', 1]]);
  // The clock of its emitter is weeks behind.
  const justNow = await addSettled(sql, 0.5, [], dead.replace(/.{12}$/, 'ffffffffffff'));
  await addSettled(sql, old, []);
  const recent = await addSettled(sql, WEEK * 2, [[a, 'completed', WEEK * 2]]);
  const progress: number[] = [];
  const tended = await box.partitions.tend({ every: 'week', keep: 2, onProgress: ({ dropped }) => progress.push(dropped.length) });
  expect(tended.dropped).toEqual([{ name: 'before', setAside: 4 }]);
  expect(progress.at(-1)).toBe(1);
  const { emissions, settled, errors } = await rowsLeft(sql);
  expect(emissions).toEqual([dead, lives, young, justNow, recent].toSorted());
  expect({ settled, errors }).toEqual({ settled: 5, errors: 3 });
  expect(await rowsBy(sql, 'emission')).toEqual({ emission_default: 4, emission_recent: 1 });
  expect(await sql`select from pg_class where relname in ('emission_before', 'settled_before')`).toHaveLength(0);
  // The default one is pruned by rows.
  expect(await box.prune({ states: ['completed', 'dead'], olderThan: '1d' })).toMatchObject({ emissions: 2 });
});

test('a retry before a drop holds it off, and a retry after it finds nothing left', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  await splitBefore(sql);
  const receiver = await addReceiver(sql, 'A.receive');
  const emissionId = await addSettled(sql, 5 * WEEK, [[receiver, 'cancelled', 5 * WEEK]]);
  const other = await addSettled(sql, 5 * WEEK, [[receiver, 'cancelled', 5 * WEEK]]);
  const options = { every: 'week', keep: 2, lockTimeout: '50ms' } as const;
  await sql.begin(async (tx) => {
    await tx`with gone as (delete from signalbox.settled where emission_id = ${emissionId} returning *)
      insert into signalbox.delivery (id, emission_id, receiver_id, version, generation, epoch, run_at) overriding system value
      select id, emission_id, receiver_id, version, generation, epoch + 1, now() from gone`;
    expect((await box.partitions.tend(options)).left).toEqual([{ name: 'before', reason: 'locked' }]);
  });
  expect((await box.partitions.tend({ ...options, by: 'ada' })).dropped).toEqual([{ name: 'before', setAside: 1 }]);
  expect((await box.audit.list())[0]).toMatchObject({ by: 'ada', act: 'partitions.tend', result: { dropped: ['before'] } });
  expect((await rowsLeft(sql)).emissions).toEqual([emissionId]);
  expect(await box.deliveries.retry({ emissionId: other })).toEqual([]);
});

test('a delivery that is added to an emission of a partition while that is looked through is seen when it is detached', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  await splitBefore(sql);
  const receiver = await addReceiver(sql, 'A.receive');
  const id = await addSettled(sql, 5 * WEEK, [[receiver, 'completed', 5 * WEEK]]);
  let tended: ReturnType<typeof box.partitions.tend> | undefined;
  await sql.begin(async (tx) => {
    await tx`select from signalbox.emission where id = ${id} for key share`;
    tended = box.partitions.tend({ every: 'week', keep: 2, lockTimeout: '30s' });
    // It has looked, and waits to detach the partition of emissions.
    await untilBlocked(sql);
    await tx`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${id}, ${receiver + 1}, 1, now())`;
  });
  expect((await tended!).dropped).toEqual([{ name: 'before', setAside: 1 }]);
  expect(await rowsLeft(sql)).toMatchObject({ emissions: [id], settled: 1, live: 1 });
});

/** The store of partitions, whose statements go through `wrap`. */
const storeOn = ({ sql }: Partitioned, wrap: (run: Run) => Run = (run) => run): PartitionsStore =>
  new PartitionsStore(runOn(sql), namespace, async (work) => (await sql.begin(async (tx) => work(wrap(runOn(tx)), tx))) as never);

test('nothing of a partition changes from its look to its end: a retry waits, and the drop gives way', async () => {
  await using h = await openPartitioned();
  const { sql, box } = h;
  await splitBefore(sql);
  const emissionId = await addSettled(sql, 5 * WEEK, [[await addReceiver(sql, 'A.receive'), 'cancelled', 5 * WEEK]]);
  let retry: Promise<string[]> | undefined;
  const store = storeOn(h, (run) => async (statement, params) => {
    const rows = await run(statement, params);
    if (statement.text.includes('staying')) {
      retry = box.deliveries.retry({ emissionId });
      await untilBlocked(sql);
    }
    return rows;
  });
  const [range] = (await store.list()).ranges;
  expect(range).toMatchObject({ name: 'before' });
  await expect(store.drop(range!, AN_HOUR, { lockTimeoutMs: 100 })).rejects.toThrow(/lock timeout|deadlock/);
  expect(await retry).toHaveLength(1);
  expect(await storeOn(h).drop(range!, AN_HOUR, { lockTimeoutMs: 5_000 })).toEqual({ name: 'before', setAside: 1, isDropped: true });
  expect(await rowsLeft(sql)).toMatchObject({ emissions: [emissionId], live: 1 });
});

test('a partition of which too much must stay is left as it is', async () => {
  await using h = await openPartitioned();
  const { sql } = h;
  const receiver = await addReceiver(sql, 'A.receive');
  for (let count = 1; count <= 3; count++) await addSettled(sql, 5 * WEEK, [[receiver, 'dead', 5 * WEEK]]);
  const store = storeOn(h);
  const [range] = (await store.list()).ranges;
  const kept = { ...AN_HOUR, dead: undefined };
  expect(await store.drop(range!, kept, { lockTimeoutMs: 5_000, most: 2 })).toEqual({ name: 'before', setAside: 3, isDropped: false });
  expect(await rowsBy(sql, 'settled')).toEqual({ settled_before: 3 });
  expect(await store.drop(range!, kept, { lockTimeoutMs: 5_000, most: 3 })).toMatchObject({ setAside: 3, isDropped: true });
});

test('which partitions are missing, and which are over', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  const range = (name: string, fromMs: number, toMs: number) => ({ name, fromId: firstIdAt(fromMs), toId: firstIdAt(toMs) });
  const monday = Date.parse('2026-11-23T00:00:00Z');
  const week = 7 * DAY_MS;
  const ranges = [range('a', 0, monday - 2 * week), range('b', monday - 2 * week, monday - week), range('c', monday - week, monday + week)];
  expect(missing(ranges, now, 'week', 2).map(({ name }) => name)).toEqual(['20261130', '20261207']);
  expect(over(ranges, now, 'week', 1).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(over(ranges, now, 'week', 2).map(({ name }) => name)).toEqual(['a']);
  expect(over(ranges, now, 'week', 3)).toEqual([]);
});

test('tables that are not partitioned are refused, and so is what is misspelt', async () => {
  await using database = await createDatabase();
  await using box = createSignalbox({ db: drizzle({ client: database.connect() }), log: false });
  // Those of a neighbour are.
  await database.connect({ max: 1 }).unsafe(`
    create schema other;
    create table other.emission (id uuid) partition by range (id);
    create table other.settled (emission_id uuid) partition by range (emission_id);
    create table other.emission_before partition of other.emission for values from (minvalue) to ('${firstIdAt(1)}');
    create table other.settled_before partition of other.settled for values from (minvalue) to ('${firstIdAt(1)}');`);
  await expect(box.partitions.tend({ every: 'week', keep: 4 })).rejects.toMatchObject({ code: 'MigrationMissing' });
  await expect(box.partitions.tend({ every: 'weeks' as never, keep: 4 })).rejects.toThrow(/Did you mean 'week'/);
  await expect(box.partitions.tend({ every: 'week' } as never)).rejects.toThrow(/keep is missing/);
  expect(() => box.partitions.migration({} as never)).toThrow(/every is missing/);
});
