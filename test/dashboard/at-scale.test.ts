// The plans of every statement that a page of the dashboard sends, on a twentieth of the rows of `npm run bench:dashboard`: none reads a hot
// table whole. The server itself tells the plans (auto_explain), so that no statement is missed.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { createSignalbox } from '../../src/index.ts';
import { HOT, type Node, nodesOf, scansOf } from '../reads/plans.ts';
import { part, sampleOf, seed } from '../reads/seed.ts';
import { createDatabase } from '../support/database.ts';
import { PAGES } from './addresses.ts';
import { browse } from './asking.ts';
import { addressesAtScale, seedTallies } from './scale.ts';

/** Told of each statement, to the client. */
const EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  client_min_messages: 'notice',
};

test('no page reads a hot table whole', { timeout: 120_000 }, async ({ skip }) => {
  await using database = await createDatabase();
  database.leaves('workers', 'rows of workers are made by plain SQL');
  database.leaves('deliveries', 'so are those of running deliveries');
  const sql = database.connect({ max: 1 });
  const [me] = await sql`select rolsuper from pg_catalog.pg_roles where rolname = current_user`;
  skip(me!['rolsuper'] !== true, 'only a superuser may have its statements explained');
  for (const table of HOT) await sql.unsafe(`alter table signalbox.${table} set (autovacuum_enabled = false)`);
  await seed(sql, part(0.05));
  await seedTallies(sql);
  await sql`analyze`;
  let nodes: Node[] = [];
  const client = database.connect({
    max: 4,
    connection: EXPLAIN,
    onnotice: ({ message }) => {
      const plan = /^duration: .*? plan:\n([^]*)$/.exec(message ?? '')?.[1];
      if (plan === undefined) return;
      nodes.push(...nodesOf((JSON.parse(plan) as { Plan: Node }).Plan));
    },
  });
  await using box = createSignalbox({ db: drizzle({ client }), log: false });
  const browser = browse({ box });
  const addresses = addressesAtScale(await sampleOf(sql));
  expect(new Set(addresses.map((address) => address.replace(/^\.\//, '').split('?')[0]))).toEqual(new Set(PAGES.map(({ path }) => path)));
  const found: unknown[] = [];
  const read = new Set<string | undefined>();
  for (const address of addresses) {
    nodes = [];
    const { status } = await browser.get(address);
    if (status >= 500 || scansOf(nodes).length > 0) found.push({ address, status, scans: scansOf(nodes) });
    for (const node of nodes) read.add(node['Relation Name']);
  }
  expect(found).toEqual([]);
  expect([...read]).toEqual(expect.arrayContaining([...HOT, 'tally', 'gauge']));
});
