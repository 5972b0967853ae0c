// The number of rows that the statements read: backlogs of others and scheduled rows must cost them nothing.
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import type { Statement } from '../../src/drivers/statement.ts';
import { waitingDeliveries } from '../../src/store/catalogue/unserved.sql.ts';
import * as claims from '../../src/store/deliveries/claim.sql.ts';
import { complete, release, settle, settleFirst } from '../../src/store/deliveries/settle.sql.ts';
import { addReceiver, addWorker, openStore, type StoreHarness } from './rows.ts';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

/** Rows of the table that the nodes of a plan have read, including those that a filter then dropped. */
function rowsRead(node: Node, table: string): number {
  const kept = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const own = node['Relation Name'] === table ? kept * node['Actual Loops'] : 0;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child, table), 0);
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** Runs the statement, and returns the plan by which the server ran it. */
async function planOf(sql: postgres.Sql, { text }: Statement, params: readonly (string | number)[]): Promise<Node> {
  const [row] = await sql.unsafe(`explain (analyze, timing off, format json) ${text}`, [...params]);
  return (row!['QUERY PLAN'] as [{ Plan: Node }])[0].Plan;
}

/** Runs the statement, and counts the deliveries that it read. */
async function deliveriesRead(sql: postgres.Sql, statement: Statement, params: readonly (string | number)[]): Promise<number> {
  return rowsRead(await planOf(sql, statement, params), 'delivery');
}

interface Backlog extends StoreHarness {
  readonly worker: number;
  readonly mine: number;
  readonly idle: number;
}

/** 60,000 due for another receiver; 60,000 for later and 5,000 due for mine; 60,000 for later and none due for the idle one. */
async function openBacklog(): Promise<Backlog> {
  const h = await openStore();
  const [mine, idle, other] = [
    await addReceiver(h.sql, 'Mine.receive'),
    await addReceiver(h.sql, 'Idle.receive'),
    await addReceiver(h.sql, 'Other.receive'),
  ];
  const fill = async (receiver: number, count: number, due: string): Promise<void> => {
    await h.sql.begin(async (sql) => {
      await sql`set local statement_timeout = 0`;
      await sql.unsafe(`
        insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
        select gen_random_uuid(), ${receiver}, 1, now() + interval '${due}' from generate_series(1, ${count})`);
    });
  };
  await fill(other, 60_000, '-1 hour');
  await fill(mine, 60_000, '1 day');
  await fill(idle, 60_000, '1 day');
  await fill(mine, 5_000, '-1 minute');
  await h.sql`analyze signalbox.delivery`;
  return { ...h, mine, idle, worker: await addWorker(h.sql) };
}

test('beside 185,000 deliveries of others and for later, each statement reads only its own', async () => {
  await using h = await openBacklog();
  const { sql, worker, mine, idle } = h;
  const claim = (receivers: readonly number[], limit: number): Promise<number> => {
    const each = (value: number): string => `{${receivers.map(() => value).join(',')}}`;
    return deliveriesRead(sql, claims.claim, [
      worker,
      `{${receivers.join(',')}}`,
      each(limit),
      each(1),
      limit,
      0,
      2,
      'true',
      `{${receivers.map(() => '-infinity').join(',')}}`,
    ]);
  };
  expect(await claim([idle], 10)).toBe(0);
  expect(await claim([idle, mine], 10)).toBeLessThan(60);

  const taken = await sql<{ id: string; emission: string }[]>`
    select id::text as id, emission_id as emission from signalbox.delivery where state = 'running'`;
  expect(taken).toHaveLength(10);
  const [first, ...others] = taken;
  const [released, settled] = [others.slice(0, 4), others.slice(4, 7)];
  const ids = others.slice(7).map(({ id }) => id);
  expect(await deliveriesRead(sql, settleFirst, [first!.id, 1, '1000', 'false', worker])).toBeLessThan(5);
  const back = released.map(({ id }) => ({ id, epoch: 1, worker_id: worker, delay_ms: 0 }));
  expect(await deliveriesRead(sql, release, [JSON.stringify(back)])).toBeLessThan(20);
  const emissions = `{${released.map(({ emission }) => emission).join(',')}}`;
  expect(await deliveriesRead(sql, claims.claimEmissions, [worker, `{${mine}}`, '{1}', emissions])).toBeLessThan(20);
  const outcomes = settled.map(({ id }) => ({
    id,
    epoch: 1,
    worker_id: worker,
    to: 'dead',
    delay_ms: 0,
    refund: false,
    error: { name: 'Error', message: '' },
  }));
  expect(await deliveriesRead(sql, settle, [JSON.stringify(outcomes)])).toBeLessThan(30);
  expect(await deliveriesRead(sql, complete, [`{${ids.join(',')}}`, 1, worker])).toBeLessThan(15);
  const left = await sql`select state from signalbox.delivery where state = 'running'`;
  expect(left).toHaveLength(4);
});

test('while nothing is paused, a claim does not read the catalogue; else it reads the catalogue once, and locks no waiting delivery', async () => {
  await using h = await openStore();
  const names = Array.from({ length: 500 }, (_, index) => `Receiver${index}.receive`);
  for (const name of names) await addReceiver(h.sql, name);
  const worker = await addWorker(h.sql);
  await h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
    select gen_random_uuid(), r.id, 1, now() - interval '1 minute' from signalbox.receiver r, generate_series(1, 5)`;
  await h.sql`analyze signalbox.receiver, signalbox.delivery`;
  const ids = (await h.sql<{ id: number }[]>`select id from signalbox.receiver order by id`).map(({ id }) => id);
  const list = (values: readonly number[]): string => `{${values.join(',')}}`;
  const ones = list(ids.map(() => 1));
  const params = [worker, list(ids), ones, ones, 100, 0, 2, 'false', list(ids.map(() => 0))];
  const free = await planOf(h.sql, claims.claim, params);
  expect([rowsRead(free, 'receiver'), rowsRead(free, 'paused_queue')]).toEqual([0, 0]);
  const held = ids.slice(0, 400);
  await h.sql`update signalbox.receiver set paused_at = now() where id = any(${held})`;
  await h.sql`update signalbox.delivery set state = 'ready', worker_id = null`;
  const paused = await planOf(h.sql, claims.claim, params);
  // Itself, its paused ones twice, and its latest names.
  expect(rowsRead(paused, 'receiver')).toBeLessThanOrEqual(4 * 500);
  expect(await h.sql`select from signalbox.delivery where state = 'running' and receiver_id = any(${held})`).toHaveLength(0);
  expect(await h.sql`select from signalbox.delivery where state = 'running'`).toHaveLength(100);
  // Each paused one is passed over before its first delivery is read: at most what is taken, once found and once by its place.
  expect(rowsRead(paused, 'delivery')).toBeLessThan(400);
});

test('the search for deliveries of receivers that a process does not have reads its own ids once, however many receivers there are', async () => {
  await using h = await openStore();
  const names = Array.from({ length: 500 }, (_, index) => `Receiver${index}.receive`);
  for (const name of names) await addReceiver(h.sql, name);
  await h.sql`analyze signalbox.receiver`;
  const ids = (await h.sql<{ id: number }[]>`select id from signalbox.receiver`).map(({ id }) => id);
  const plan = await planOf(h.sql, waitingDeliveries, [`{${ids.join(',')}}`, '0']);
  expect(nodesOf(plan).flatMap((node) => (node['Node Type'] === 'Function Scan' ? [node['Actual Loops']] : []))).toEqual([1]);
});
