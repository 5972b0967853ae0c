// What the batches of errands read, by the plans by which the server ran them: bounded by what a batch looks at, however large the tables are.
import { v7 } from 'uuid';
import { expect, test } from 'vitest';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import type { Run } from '../../src/drivers/driver.ts';
import { FIRST_CURSOR, planOf } from '../../src/operate/errands/stages.ts';
import { ErrandsStore, type Stage, STAGES } from '../../src/store/errands/errands-store.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { addReceiver, openStore, runOn } from './rows.ts';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** What one batch looks at, and acts on. */
const LOOKS_AT = 10_000;

test('no batch reads a table whole, whatever it is to change, and however often it is prepared', { timeout: 120_000 }, async () => {
  await using h = await openStore();
  const [mine, other, to] = [
    await addReceiver(h.sql, 'A.receive'),
    await addReceiver(h.sql, 'B.receive'),
    await addReceiver(h.sql, 'C.receive'),
  ];
  await h.sql.begin(async (sql) => {
    await sql`set local statement_timeout = 0`;
    await sql`create temporary table made on commit drop as select gen_random_uuid() as id, n from generate_series(1, 120000) n`;
    await sql`insert into signalbox.emission (id, signal, version, payload) select id, 'store.happened', 1, '{"value": 1}' from made`;
    await sql`
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select n + 1000000, id, case when n % 40 = 0 then ${mine}::int else ${other}::int end, 1, 0, case when n % 2 = 0 then 'dead' else 'completed' end, 1, 1, 0, now() - n * interval '1 ms'
      from made`;
    await sql`
      insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
      select id, case when n % 40 = 0 then ${to}::int else ${other}::int end, 1, now() + interval '1 day' from made`;
  });
  await h.sql`analyze signalbox.settled, signalbox.delivery, signalbox.emission, signalbox.receiver`;

  const plans = new Map<string, Node>();
  const texts = new Map<string, string>(Object.entries(STAGES).map(([stage, { text }]) => [text, stage]));
  const run = runOn(h.sql);
  const explained: Run = async (statement, params) => {
    const stage = texts.get(statement.text);
    if (stage === undefined) return run(statement, params);
    const [row] = await h.sql.unsafe(`explain (analyze, timing off, format json) ${statement.text}`, [...params] as never[]);
    plans.set(stage, (row!['QUERY PLAN'] as [{ Plan: Node }])[0].Plan);
    return [];
  };
  const store = new ErrandsStore(explained, new Namespace(DEFAULT_SCHEMA));

  const explain = async (
    stage: Stage,
    act: 'retry' | 'replay' | 'cancel' | 'move',
    states: ('ready' | 'dead' | 'completed')[],
    receiver: string,
  ): Promise<void> => {
    const id = v7();
    const options = {
      audit: '0',
      generations: 1 as const,
      most: 1_000,
      error: { name: 'Discard', message: '' },
      ...(act === 'move' && { to: { [String(receiver === 'A.receive' ? mine : to)]: other } }),
    };
    await store.begin({ id, act, by: 'ada', filter: { states, receiver }, options, cursor: FIRST_CURSOR, fingerprint: id });
    const errand = (await store.get(id))!;
    await store.advance(errand, { ...planOf(errand), stage });
  };
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await h.sql.unsafe(
      `alter database ${(await h.sql`select current_database() as name`)[0]!['name'] as string} set plan_cache_mode = ${mode}`,
    );
    await explain('requeueUnfinished', 'retry', ['dead'], 'A.receive');
    await explain('requeueSettled', 'replay', ['completed', 'dead'], 'A.receive');
    await explain('cancelDead', 'cancel', ['dead'], 'A.receive');
    await explain('moveDead', 'move', ['dead'], 'A.receive');
    await explain('makeDue', 'retry', ['ready'], 'C.receive');
    await explain('cancelLive', 'cancel', ['ready'], 'C.receive');
    await explain('moveLive', 'move', ['ready'], 'C.receive');
    expect([...plans.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(Object.keys(STAGES).toSorted((a, b) => (a < b ? -1 : 1)));
    for (const [stage, plan] of plans)
      for (const node of nodesOf(plan)) {
        const table = node['Relation Name'];
        if (!['settled', 'delivery', 'emission', 'delivery_error'].includes(table ?? '')) continue;
        const read = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
        expect([
          mode,
          stage,
          table,
          node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0 && read > 0,
          read <= LOOKS_AT + 1_000,
        ]).toEqual([mode, stage, table, false, true]);
      }
    plans.clear();
  }
});
