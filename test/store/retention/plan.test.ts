// How the server runs the statements of retention beside many rows that they are not about: by indexes and places, whether it has
// statistics or not.
import { expect, test } from 'vitest';
import type { Statement } from '../../../src/drivers/statement.ts';
import { ERASED_PAYLOAD } from '../../../src/core/erased.ts';
import { eraseHeld, holdErasable } from '../../../src/store/retention/erase.sql.ts';
import { PRUNE_BATCH } from '../../../src/store/retention/retention.ts';
import { countPrunable, holdPrunable, pruneHeld } from '../../../src/store/retention/prune.sql.ts';
import { type AnySql, addReceiver, openStore } from '../rows.ts';
import { AN_HOUR, idAt } from './support.ts';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Node[];
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** The tables that the statement walks through as they lie. */
async function walkedThrough(sql: AnySql, { text }: Statement, params: readonly (string | number | null)[]): Promise<string[]> {
  const [row] = await sql.unsafe(`explain (format json) ${text}`, [...params] as never);
  const [{ Plan: plan }] = row!['QUERY PLAN'] as [{ Plan: Node }];
  const kinds = new Set(['Seq Scan', 'Parallel Seq Scan']);
  return nodesOf(plan).flatMap((node) =>
    kinds.has(node['Node Type']) && node['Relation Name'] !== undefined ? [node['Relation Name']] : [],
  );
}

const EMISSIONS = 30_000;

test.each([
  ['without statistics', false],
  ['with statistics', true],
])('no statement walks through a table as it lies, %s', async (_how, analyzed) => {
  await using h = await openStore();
  const { sql } = h;
  const receiver = await addReceiver(sql);
  await sql`alter table signalbox.emission set (autovacuum_enabled = off)`;
  await sql`alter table signalbox.settled set (autovacuum_enabled = off)`;
  await sql`alter table signalbox.delivery set (autovacuum_enabled = off)`;
  const ids = Array.from({ length: EMISSIONS }, () => idAt(50));
  await sql`
    insert into signalbox.emission (id, signal, version, payload, emitted_at)
    select id, 's', 1, '{"person": "Ann"}', now() - interval '50 hours' from unnest(${ids}::uuid[]) as id`;
  await sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select row_number() over (), id, ${receiver} + r, 1, 0, 'completed', 1, 1, 0, now() - interval '49 hours' from unnest(${ids}::uuid[]) as id, generate_series(0, 1) r`;
  await sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
    select gen_random_uuid(), ${receiver}, 1, now() from generate_series(1, ${EMISSIONS}::int)`;
  if (analyzed) await sql.unsafe('analyze signalbox.emission, signalbox.settled, signalbox.delivery, signalbox.delivery_error');
  const hour = AN_HOUR.completed!;
  const some = `{${ids.slice(0, PRUNE_BATCH).join(',')}}`;
  const statements: [Statement, readonly (string | number | null)[]][] = [
    [holdPrunable, [null, hour, hour, hour, PRUNE_BATCH]],
    [countPrunable, [null, hour, hour, hour, PRUNE_BATCH]],
    [pruneHeld, [some, hour, hour, hour]],
    [holdErasable, [null, 2_000, '{person}', 'Ann']],
    [eraseHeld, [some, ERASED_PAYLOAD]],
  ];
  const walked = await Promise.all(statements.map(([statement, params]) => walkedThrough(sql, statement, params)));
  // There are no errors: a table without pages is read as it lies, which is nothing.
  expect(walked.flat().filter((table) => table !== 'delivery_error')).toEqual([]);
});
