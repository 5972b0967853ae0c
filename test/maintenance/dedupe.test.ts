// The maintenance task that forgets dedupe keys: one worker of the cluster, batch by batch, and what the statement takes.
import { expect, test } from 'vitest';
import { DEDUPE_BATCH, dedupeTask } from '../../src/maintenance/tasks/dedupe.ts';
import { openStore, runOn, type StoreHarness } from '../store/rows.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { DedupeStore } from '../../src/store/emissions/deduped.ts';

const turn = { takeTurn: async () => ({ after: undefined }) };

async function addKeys({ sql }: StoreHarness, from: number, to: number, until: string): Promise<void> {
  await sql.unsafe(`
    insert into signalbox.dedupe (signal, key, emission_id, deliveries, until)
    select 'a', n::text, gen_random_uuid(), 0, now() + interval '${until}' from generate_series(${from}, ${to}) n`);
}

test('the worker whose turn it is forgets batch by batch, until nothing is left or it is told to stop', async () => {
  const stopping = new AbortController();
  const counts = [DEDUPE_BATCH, 3, DEDUPE_BATCH, DEDUPE_BATCH];
  const asked: number[] = [];
  const store = {
    forget: async (limit: number): Promise<number> => {
      asked.push(limit);
      if (asked.length === 3) stopping.abort();
      return counts[asked.length - 1]!;
    },
  };
  await dedupeTask({ store, turns: { takeTurn: async () => undefined } }).run(stopping.signal);
  expect(asked).toHaveLength(0);
  await dedupeTask({ store, turns: turn }).run(stopping.signal);
  expect(asked).toEqual([DEDUPE_BATCH, DEDUPE_BATCH]);
  await dedupeTask({ store, turns: turn }).run(stopping.signal);
  expect(asked).toHaveLength(3);
});

test('keys go when their windows are over, the oldest first', async () => {
  await using h = await openStore();
  await addKeys(h, 1, 2, '-1 hour');
  await addKeys(h, 3, 4, '-2 hours');
  await addKeys(h, 5, 6, '1 hour');
  expect(await h.store.dedupe.forget(2)).toBe(2);
  expect((await h.sql`select key from signalbox.dedupe order by key`).map(({ key }) => key as string)).toEqual(['1', '2', '5', '6']);
  expect(await h.store.dedupe.forget(10)).toBe(2);
  expect(await h.store.dedupe.forget(10)).toBe(0);
});

test('a key that an emit is taking at this moment is passed over', async () => {
  await using h = await openStore();
  await addKeys(h, 1, 2, '-1 hour');
  const emit = await h.hold((tx) => tx`update signalbox.dedupe set until = now() + interval '1 hour' where key = '1'`);
  expect(await h.store.dedupe.forget(10)).toBe(1);
  await emit.commit();
  expect((await h.sql`select key from signalbox.dedupe`).map(({ key }) => key as string)).toEqual(['1']);
});

test('beside 20,000 keys, an emit and the task read theirs by an index', async () => {
  await using h = await openStore();
  await addKeys(h, 1, 20_000, '1 hour');
  await addKeys(h, 20_001, 20_010, '-1 hour');
  await h.sql`analyze signalbox.dedupe`;
  const { appendDeduped, readDedupe, forgetDedupe } = await import('../../src/store/emissions/deduped.sql.ts');
  const params = new Map<unknown, (string | number | null)[]>([
    [forgetDedupe, [100]],
    [readDedupe, ['a', '{1,2}']],
  ]);
  await h
    .hold(async (tx) => {
      const noting = new DedupeStore(runOn(tx), { on: (run: never) => run, channel: 'c' } as unknown as Namespace, {
        notifiesAlways: false,
      });
      await noting.append(
        (async (statement: unknown, given: (string | number | null)[]) => {
          params.set(statement, given);
          return [{ deliveries: 0, xid: null, moved: false, stored: null, known: '{"k":{"id":"","deliveries":0}}', notified: 0 }];
        }) as never,
        [{ id: '01890a5d-ac96-774b-bcce-b302099a8057', key: 'k', payload: '{}' }],
        { signal: 'a', version: 1, headers: null, runAt: undefined, delayMs: 0, headStartHours: 0, ownReceivers: [] },
        1_000,
      );
      for (const statement of [appendDeduped, readDedupe, forgetDedupe]) {
        const plan = await tx.unsafe(`explain ${statement.text}`, params.get(statement));
        const lines = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
        expect(lines).toMatch(/dedupe_(signal_key|until)/);
        expect(lines).not.toContain('Seq Scan on dedupe');
      }
    })
    .then((held) => held.rollback());
});
