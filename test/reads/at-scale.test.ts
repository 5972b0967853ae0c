// The plans of the read model, on a twentieth of the rows of `npm run bench:reads`: each verb goes along an index and reads a bounded
// number of rows, whatever the statistics say.
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import type { Param, Run } from '../../src/drivers/driver.ts';
import { runOn } from '../store/rows.ts';
import { createDatabase } from '../support/database.ts';
import { HOT, type Node, nodesOf, rowsOf, scansOf } from './plans.ts';
import { part, sampleOf, seed } from './seed.ts';
import { verbsOf } from './verbs.ts';

const argumentsOf = (params: readonly Param[]): string =>
  params.length === 0
    ? ''
    : `(${params.map((param) => (param === null ? 'null' : `'${String(param).replaceAll("'", "''")}'`)).join(', ')})`;

interface Seen {
  statements: number;
  scans: string[];
  mostRows: number;
}

/** Sends statements, and notes how the server runs each. */
function noting(sql: postgres.Sql, seen: Seen): Run {
  const run = runOn(sql);
  return async (statement, params) => {
    // An `explain` with parameters always knows them: only `execute` is planned as a client's statement is.
    const name = `noted_${seen.statements++}`;
    await sql.unsafe(`prepare ${name} as ${statement.text}`);
    const [row] = await sql.unsafe(`explain (analyze, timing off, format json) execute ${name}${argumentsOf(params)}`);
    const nodes = nodesOf((row!['QUERY PLAN'] as [{ Plan: Node }])[0].Plan);
    seen.scans.push(...scansOf(nodes));
    const read = nodes
      .filter((node) => ['settled', 'delivery'].includes(node['Relation Name'] ?? ''))
      .reduce((sum, node) => sum + rowsOf(node), 0);
    seen.mostRows = Math.max(seen.mostRows, read);
    return run(statement, params);
  };
}

test.each([
  ['fresh statistics', 'after', 'auto'],
  ['statistics of an empty database', 'before', 'auto'],
  ['plans that know no parameter', 'after', 'force_generic_plan'],
])('with %s, each verb goes along an index and reads no more rows than it may', { timeout: 120_000 }, async (_what, analyzed, mode) => {
  await using database = await createDatabase();
  database.leaves('workers', 'rows of workers are made by plain SQL');
  database.leaves('deliveries', 'so are those of running deliveries');
  const sql = database.connect({ max: 1 });
  for (const table of HOT) await sql.unsafe(`alter table signalbox.${table} set (autovacuum_enabled = false)`);
  if (analyzed === 'before') await sql`analyze`;
  await seed(sql, part(0.05));
  if (analyzed === 'after') await sql`analyze`;
  await sql`select set_config('plan_cache_mode', ${mode}, false)`;
  const samples = await sampleOf(sql);
  const seen: Seen = { statements: 0, scans: [], mostRows: 0 };
  const found: unknown[] = [];
  for (const { name, mostRows, read } of verbsOf(noting(sql, seen), samples)) {
    Object.assign(seen, { scans: [], mostRows: 0 });
    await read();
    if (seen.scans.length > 0 || seen.mostRows > mostRows) found.push({ name, ...seen, allowed: mostRows });
  }
  expect(found).toEqual([]);
});
