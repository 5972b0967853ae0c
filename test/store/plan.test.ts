// What the claim reads, counted in rows: backlogs of others and scheduled rows must cost it nothing.
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import * as statements from '../../src/store/statements.ts';
import { addReceiver, addWorker, openStore } from './rows.ts';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** Rows that the nodes of a plan have read of the table, those included that a filter then dropped. */
function rowsRead(node: Node, table: string): number {
  const own = node['Relation Name'] === table ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child, table), 0);
}

async function explain(sql: postgres.Sql, text: string, params: unknown[]): Promise<Node> {
  const [row] = await sql.unsafe(`explain (analyze, timing off, format json) ${text}`, params as never);
  return (row!['QUERY PLAN'] as [{ Plan: Node }])[0].Plan;
}

test('a claim of ten reads a few dozen rows beside 5,000 due ones of its own, 60,000 of others and 60,000 for later', async () => {
  await using h = await openStore();
  const [mine, other] = [await addReceiver(h.sql, 'Mine.receive'), await addReceiver(h.sql, 'Other.receive')];
  const worker = await addWorker(h.sql);
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
  await fill(mine, 5_000, '-1 minute');
  await h.sql`analyze signalbox.delivery`;
  const plan = await explain(h.sql, statements.claim, [worker, `{${mine}}`, '{10}', '{1}', 10, 0]);
  expect(rowsRead(plan, 'delivery')).toBeLessThan(60);
});
