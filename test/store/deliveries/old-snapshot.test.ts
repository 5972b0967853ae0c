// The claim while an old snapshot is held: VACUUM cannot remove deleted rows, and a claim must not walk over them each
// time.
import { expect, test } from 'vitest';
import { claim } from '../../../src/store/deliveries/claim.sql.ts';
import { addReceiver, addWorker, openStore } from '../rows.ts';

const DONE = 4_000;

test('a claim that starts where the last one ended reads almost none of the rows that were deleted under an old snapshot', async () => {
  await using h = await openStore();
  const [worker, receiver] = [await addWorker(h.sql), await addReceiver(h.sql)];
  const claimable = [{ receiverId: receiver, free: DONE, version: 1 }];
  const fill = async (count: number, ago: string): Promise<unknown> =>
    h.sql.unsafe(`
      with e as (insert into signalbox.emission (id, signal, version, payload)
        select gen_random_uuid(), 's', 1, '{}' from generate_series(1, ${count}) returning id)
      insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
      select id, ${receiver}, 1, now() - interval '${ago}' + row_number() over () * interval '1 microsecond' from e`);
  const snapshot = await h.hold((transaction) =>
    transaction`set transaction isolation level repeatable read`.then(() => transaction`select 1`),
  );
  await fill(DONE, '1 hour');
  const claimed = await h.store.deliveries.claim(worker, claimable, DONE);
  await h.store.deliveries.complete(claimed);
  await fill(3, '1 second');

  const buffers = async (since: number): Promise<number> => {
    const params = [worker, `{${receiver}}`, '{10}', '{1}', 10, 0, 2, 'false', `{${since}}`];
    const [row] = await h.sql.unsafe(`explain (analyze, buffers, timing off, format json) ${claim.text}`, params);
    const [{ Plan: plan }] = row!['QUERY PLAN'] as [{ Plan: Record<string, number> }];
    await h.sql`update signalbox.delivery set state = 'ready'`;
    return plan['Shared Hit Blocks']!;
  };
  const reached = Math.max(...claimed.map(({ runAt }) => runAt));
  const [fromThere, fromTheBeginning] = [await buffers(reached - 0.000_005), await buffers(-Infinity)];
  expect(fromTheBeginning).toBeGreaterThan(DONE / 2);
  expect(fromThere).toBeLessThan(200);
  expect(await h.store.deliveries.claim(worker, [{ ...claimable[0]!, since: reached }], 10)).toHaveLength(3);
  await snapshot.rollback();
});

test('a claim takes deliveries that are due at or after its start time, and nothing older', async () => {
  await using h = await openStore();
  const [worker, receiver] = [await addWorker(h.sql), await addReceiver(h.sql)];
  const add = async (at: string): Promise<unknown> =>
    h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (gen_random_uuid(), ${receiver}, 1, ${at}::text::timestamptz)`;
  for (const at of ['2026-01-01 00:00:00.123455Z', '2026-01-01 00:00:00.123456Z', '2026-01-01 00:00:00.123457Z']) await add(at);
  await h.sql`insert into signalbox.emission (id, signal, version, payload) select emission_id, 's', 1, '{}' from signalbox.delivery`;
  const since = Date.parse('2026-01-01T00:00:00Z') / 1_000 + 0.123_456;
  const claimed = await h.store.deliveries.claim(worker, [{ receiverId: receiver, free: 10, version: 1, since }], 10);
  expect(claimed.map(({ runAt }) => Math.round((runAt % 1) * 1e6))).toEqual([123_456, 123_457]);
});
