// The races of errands, each with two connections: one act is held open in its transaction while the other one comes.
import { v7 } from 'uuid';
import { expect, test } from 'vitest';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { type BatchPlan, ErrandsStore, type Stage } from '../../src/store/errands/errands-store.ts';
import type { ErrandAct, ErrandBatch, ErrandOptions, OwnErrand } from '../../src/store/errands/errand.ts';
import { FIRST_CURSOR, planOf } from '../../src/operate/errands/stages.ts';
import { type AnySql, addDelivery, addReceiver, openStore, runOn, type StoreHarness } from '../store/rows.ts';
import { untilBlocked } from '../store/waits.ts';

const errandsOn = (sql: AnySql): ErrandsStore => new ErrandsStore(runOn(sql), new Namespace(DEFAULT_SCHEMA));

const OPTIONS: Readonly<Record<ErrandAct, Omit<ErrandOptions, 'audit'>>> = {
  retry: { generations: 0 },
  replay: { generations: 1, most: 1_000 },
  cancel: { error: { name: 'Discard', message: 'enough' } },
  move: {},
  retire: {},
};

/** Begins an errand, for the deliveries of these states. */
async function begin(
  { store }: StoreHarness,
  act: ErrandAct,
  states: OwnErrand['filter']['states'],
  more: Partial<ErrandOptions> = {},
): Promise<OwnErrand> {
  const id = v7();
  const options = { ...OPTIONS[act], ...more, audit: '0' };
  await store.errands.begin({ id, act, by: 'ada', filter: { states }, options, cursor: FIRST_CURSOR, fingerprint: id });
  return (await store.errands.get(id))!;
}

const batch = (sql: AnySql, errand: OwnErrand, plan: Partial<BatchPlan> = {}): Promise<ErrandBatch | undefined> =>
  errandsOn(sql).advance(errand, { ...planOf(errand), ...plan });

/** Dead deliveries of a receiver, finished before any errand. */
async function addDead({ sql }: StoreHarness, count: number, receiver?: number): Promise<number> {
  const id = receiver ?? (await addReceiver(sql, 'A.receive'));
  for (let index = 0; index < count; index++) await addDelivery(sql, id);
  await sql`
    with gone as (delete from signalbox.delivery where receiver_id = ${id} returning *)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, 'dead', epoch, attempt, crashes, now() from gone`;
  return id;
}

const states = async (sql: AnySql): Promise<string[]> =>
  (
    await sql<{ state: string }[]>`
      select state || ' ' || generation as state from (
        select state, generation from signalbox.delivery union all select state, generation from signalbox.settled) d order by 1`
  ).map(({ state }) => state);

test('two errands meet on the same deliveries: the second waits for the first, and changes only what that left', async () => {
  await using h = await openStore();
  await addDead(h, 3);
  const [one, other] = [await begin(h, 'replay', ['dead']), await begin(h, 'retry', ['dead', 'cancelled'])];
  const first = await h.hold((tx) => batch(tx, one));
  const second = batch(h.sql, other);
  await untilBlocked(h.sql);
  await first.commit();
  expect(await second).toMatchObject({ changed: 0, done: 0, skipped: 3, state: 'done' });
  expect(await states(h.sql)).toEqual(['ready 1', 'ready 1', 'ready 1']);
});

test('the first of two is undone: the second leaves nothing', async () => {
  await using h = await openStore();
  await addDead(h, 3);
  const [one, other] = [await begin(h, 'replay', ['dead']), await begin(h, 'retry', ['dead'])];
  const first = await h.hold((tx) => batch(tx, one));
  const second = batch(h.sql, other);
  await untilBlocked(h.sql);
  await first.rollback();
  expect(await second).toMatchObject({ changed: 3, skipped: 0 });
  expect(await states(h.sql)).toEqual(['ready 0', 'ready 0', 'ready 0']);
  // A run of the time before is stale.
  expect(await h.sql`select distinct epoch from signalbox.delivery`).toEqual([{ epoch: 1 }]);
});

test('what another act has ended anew meanwhile is later than the errand, and not touched', async () => {
  await using h = await openStore();
  await addDead(h, 2);
  const [cancel, retry] = [await begin(h, 'cancel', ['dead']), await begin(h, 'retry', ['dead', 'cancelled'])];
  const first = await h.hold((tx) => batch(tx, cancel));
  const second = batch(h.sql, retry);
  await untilBlocked(h.sql);
  await first.commit();
  expect(await second).toMatchObject({ changed: 0, skipped: 2 });
  // Nor is it by a walk that begins later.
  expect(await batch(h.sql, await begin(h, 'retry', ['dead']))).toMatchObject({ changed: 0 });
  expect(await states(h.sql)).toEqual(['cancelled 0', 'cancelled 0']);
});

test('two errands that walk in opposite orders lock in one order, and do not meet in a deadlock', async () => {
  await using h = await openStore();
  await addDead(h, 9);
  // By time in one order, by emission in the other.
  await h.sql`
    update signalbox.settled s set finished_at = now() - n * interval '1 second' from (
      select emission_id, row_number() over (order by emission_id) as n from signalbox.settled) o where o.emission_id = s.emission_id`;
  const [replay, cancel] = [await begin(h, 'replay', ['completed', 'dead']), await begin(h, 'cancel', ['dead'])];
  // Both stand before the row in the middle.
  const middle = await h.hold((tx) => tx`select from signalbox.settled order by emission_id offset 4 limit 1 for update`);
  const first = batch(h.connect(), replay);
  await untilBlocked(h.sql);
  const second = batch(h.connect(), cancel);
  await untilBlocked(h.sql, 2);
  await middle.commit();
  expect([await first, await second]).toMatchObject([{ changed: 9 }, { changed: 0, skipped: 9 }]);
});

test.each([
  ['replay', ['completed'], 'settled'],
  ['retry', ['dead'], 'settled'],
  ['cancel', ['ready'], 'delivery'],
] as const)('%s comes past 10,000 rows that it is not about, and does not look at them again', async (act, wanted, table) => {
  await using h = await openStore();
  const [mine, other] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const rows = `
    with made as (select lpad(to_hex(n), 32, '0')::uuid as id, n from generate_series(1, 10005) n), stored as (
      insert into signalbox.emission (id, signal, version, payload) select id, 'store.happened', 1, '{"value": 1}' from made)`;
  if (table === 'delivery')
    await h.sql.unsafe(`${rows}
      insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
      select id, case when n > 10000 then ${mine} else ${other} end, 1, now() from made`);
  else
    await h.sql.unsafe(`${rows}
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select n, id, case when n > 10000 then ${mine} else ${other} end, 1, 0, '${wanted[0]}', 1, 1, 0, now() - (20000 - n) * interval '1 ms' from made`);
  const id = v7();
  const options = { ...OPTIONS[act], audit: '0' };
  await h.store.errands.begin({
    id,
    act,
    by: 'ada',
    filter: { states: wanted, receiver: 'A.receive' },
    options,
    cursor: FIRST_CURSOR,
    fingerprint: id,
  });
  const next = async (): Promise<ErrandBatch | undefined> => batch(h.sql, (await h.store.errands.get(id))!);
  expect(await next()).toMatchObject({ changed: 0, state: 'running', waits: false });
  expect(await next()).toMatchObject({ changed: 5, state: 'done' });
});

test('a replay leaves what completes after it was begun', async () => {
  await using h = await openStore();
  const receiver = await addDead(h, 1);
  const errand = await begin(h, 'replay', ['completed', 'dead']);
  await addDead(h, 2, receiver);
  expect(await batch(h.sql, errand)).toMatchObject({ changed: 1, state: 'done' });
  expect(await states(h.sql)).toEqual(['dead 0', 'dead 0', 'ready 1']);
});

test('of two workers on one errand, one works: the other does not wait, and does not do the batch again', async () => {
  await using h = await openStore();
  await addDead(h, 2);
  const errand = await begin(h, 'retry', ['dead']);
  const first = await h.hold((tx) => batch(tx, errand));
  expect(await batch(h.sql, errand)).toBeUndefined();
  await first.commit();
  // Back from where it was when it was read.
  await h.sql`update signalbox.errand set state = 'running', cursor = '{"stage": 0, "pass": 9, "left": 0, "at": ["0", "00000000-0000-0000-0000-000000000000", 0]}'`;
  expect(await batch(h.sql, errand)).toBeUndefined();
  expect((await h.store.errands.get(errand.id))!.done).toBe(2);
});

test('no batch is done of an errand that is paused', async () => {
  await using h = await openStore();
  await addDead(h, 2);
  const errand = await begin(h, 'retry', ['dead']);
  await h.store.errands.change(errand.id, 'paused');
  expect(await batch(h.sql, errand)).toBeUndefined();
  expect(await states(h.sql)).toEqual(['dead 0', 'dead 0']);
});

test('a pause waits for the batch that is under way', async () => {
  await using h = await openStore();
  await addDead(h, 2);
  const errand = await begin(h, 'retry', ['dead', 'ready']);
  const first = await h.hold((tx) => batch(tx, errand));
  const paused = h.store.errands.change(errand.id, 'paused');
  await untilBlocked(h.sql);
  await first.commit();
  expect(await paused).toBe('running');
  expect(await h.store.errands.get(errand.id)).toMatchObject({ state: 'paused', done: 2, cursor: { stage: 1 } });
});

test('a receiver whose transaction is open keeps its delivery: the errand does not wait for it, but comes again', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql, 'A.receive');
  for (let index = 0; index < 3; index++) await addDelivery(h.sql, receiver);
  const errand = await begin(h, 'cancel', ['ready', 'running']);
  const running = await h.hold((tx) => tx`delete from signalbox.delivery where id = (select min(id) from signalbox.delivery)`);
  expect(await batch(h.sql, errand)).toMatchObject({ changed: 2, waits: true, state: 'running', skipped: 0 });
  const again = async (): Promise<ErrandBatch | undefined> => batch(h.sql, (await h.store.errands.get(errand.id))!);
  expect(await again()).toMatchObject({ changed: 0, waits: true, state: 'running' });
  await running.rollback();
  expect((await h.store.errands.unfinished()).map(({ id }) => id)).toEqual([errand.id]);
  expect(await again()).toMatchObject({ changed: 1, waits: false, state: 'done', done: 3 });
  expect(await h.store.errands.unfinished()).toEqual([]);
  expect(await states(h.sql)).toEqual(['cancelled 0', 'cancelled 0', 'cancelled 0']);
});

test('what is emitted after an errand was begun is not ended by it', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql, 'A.receive');
  await addDelivery(h.sql, receiver);
  const errand = await begin(h, 'cancel', ['ready']);
  await addDelivery(h.sql, receiver);
  expect(await batch(h.sql, errand)).toMatchObject({ changed: 1, state: 'done' });
  expect(await states(h.sql)).toEqual(['cancelled 0', 'ready 0']);
});

test.each([
  ['retry', ['dead']],
  ['replay', ['dead', 'completed']],
] as const)(
  'a prune holds an emission with its rows: %s waits, and brings nothing back that has lost its emission',
  async (act, wanted) => {
    await using h = await openStore();
    await addDead(h, 2);
    const errand = await begin(h, act, wanted);
    const prune = await h.hold(async (tx) => {
      const [held] = await tx`select emission_id from signalbox.settled order by emission_id limit 1`;
      await tx`select from signalbox.emission where id = ${held!['emission_id'] as string} for update skip locked`;
      await tx`select from signalbox.settled where emission_id = ${held!['emission_id'] as string} for update skip locked`;
      await tx`delete from signalbox.settled where emission_id = ${held!['emission_id'] as string}`;
      await tx`delete from signalbox.emission where id = ${held!['emission_id'] as string}`;
    });
    const retried = batch(h.sql, errand);
    await untilBlocked(h.sql);
    await prune.commit();
    expect(await retried).toMatchObject({ changed: 1, skipped: 1 });
    expect(
      await h.sql`select from signalbox.delivery d where not exists (select from signalbox.emission e where e.id = d.emission_id)`,
    ).toHaveLength(0);
  },
);

test.each([
  ['retry', ['dead']],
  ['replay', ['dead', 'completed']],
] as const)('%s leaves what has no emission', async (act, wanted) => {
  await using h = await openStore();
  await addDead(h, 2);
  await h.sql`delete from signalbox.emission where id = (select min(emission_id::text)::uuid from signalbox.settled)`;
  expect(await batch(h.sql, await begin(h, act, wanted))).toMatchObject({ changed: 1, state: 'done' });
  expect(await states(h.sql)).toEqual(['dead 0', 'ready ' + (act === 'retry' ? '0' : '1')]);
});

test('a retry holds a row: prune, which takes an emission only with all its rows, leaves it', async () => {
  await using h = await openStore();
  await addDead(h, 1);
  const errand = await begin(h, 'retry', ['dead']);
  const retry = await h.hold((tx) => batch(tx, errand));
  expect(await h.sql`select from signalbox.settled for update skip locked`).toHaveLength(0);
  await retry.commit();
  expect(await states(h.sql)).toEqual(['ready 0']);
});

test('equal places in two tables, as two partitions have them, are told apart by their keys', async () => {
  await using h = await openStore();
  const receiver = await addDead(h, 2);
  const [rows] = await h.sql`select count(distinct ctid)::int as places from signalbox.settled`;
  expect(rows!['places']).toBe(2);
  // Made a partitioned table, each with one row at its first place.
  await h.sql`alter table signalbox.settled rename to settled_before`;
  await h.sql.unsafe(`
    create table signalbox.settled (like signalbox.settled_before including defaults) partition by range (emission_id);
    create table signalbox.settled_low partition of signalbox.settled for values from (minvalue) to ('80000000-0000-0000-0000-000000000000');
    create table signalbox.settled_high partition of signalbox.settled for values from ('80000000-0000-0000-0000-000000000000') to (maxvalue);
    alter table signalbox.settled add primary key (emission_id, receiver_id);
    create index on signalbox.settled (finished_at) where state <> 'completed';
    update signalbox.settled_before set state = 'completed' where id = (select min(id) from signalbox.settled_before);
  `);
  const ids = ['10000000-0000-7000-8000-000000000000', 'f0000000-0000-7000-8000-000000000000'];
  await h.sql`update signalbox.emission set id = ${ids[0]!} where id = (select min(emission_id::text)::uuid from signalbox.settled_before)`;
  await h.sql`update signalbox.emission set id = ${ids[1]!} where id <> ${ids[0]!}`;
  await h.sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    values (101, ${ids[0]!}, ${receiver}, 1, 0, 'dead', 1, 1, 0, now()), (102, ${ids[1]!}, ${receiver}, 1, 0, 'completed', 1, 1, 0, now())`;
  expect(await h.sql`select distinct ctid::text from signalbox.settled`).toHaveLength(1);
  expect(await batch(h.sql, await begin(h, 'retry', ['dead']))).toMatchObject({ changed: 1, done: 1 });
  expect(await h.sql`select id, state from signalbox.settled`).toEqual([{ id: '102', state: 'completed' }]);
  expect(await h.sql`select id from signalbox.delivery`).toEqual([{ id: '101' }]);
});

test('a delivery that a worker runs is not moved from under it, though nothing holds its row', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  await addDelivery(h.sql, a, { state: 'running', epoch: 3 });
  const errand = await begin(h, 'move', ['ready', 'running'], { to: { [String(a)]: b }, error: { name: 'Discard', message: 'moved' } });
  expect(await batch(h.sql, errand)).toMatchObject({ changed: 0, waits: true, state: 'running' });
  await h.sql`update signalbox.delivery set state = 'ready', worker_id = null`;
  expect(await batch(h.sql, (await h.store.errands.get(errand.id))!)).toMatchObject({ changed: 1, state: 'done' });
  expect(await h.sql`select receiver_id, epoch from signalbox.delivery`).toEqual([{ receiver_id: b, epoch: 4 }]);
});

const MOVES: readonly [string, Stage, 'ready' | 'dead'][] = [
  ['a waiting delivery', 'moveLive', 'ready'],
  ['a dead delivery', 'moveDead', 'dead'],
];

test.each(MOVES)('the other receiver completes its own while %s is moved: it is not given a second one', async (_what, stage, state) => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  await addDelivery(h.sql, a);
  const [own] = await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at, state, epoch, worker_id)
    select emission_id, ${b}, 1, now(), 'running', 1, 5 from signalbox.delivery returning id`;
  if (state === 'dead')
    await h.sql`
      with gone as (delete from signalbox.delivery where receiver_id = ${a} returning *)
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select id, emission_id, receiver_id, version, generation, 'dead', epoch, attempt, crashes, now() from gone`;
  const errand = await begin(h, 'move', [state], { to: { [String(a)]: b }, error: { name: 'Discard', message: 'moved' } });
  const running = await h.hold(
    (tx) => tx`
    with gone as (delete from signalbox.delivery where id = ${own!['id'] as string} returning *)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, 'completed', epoch, attempt, crashes, now() from gone`,
  );
  expect(await batch(h.sql, errand, { stage })).toMatchObject({ changed: 1, state: 'done' });
  await running.commit();
  expect(await states(h.sql)).toEqual(['cancelled 0', 'completed 0']);
});
