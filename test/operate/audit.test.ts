// box.audit: what is recorded of operators' acts, before and after them, and for how long.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { openStore } from '../store/rows.ts';
import { recordingLogger } from '../support/log.ts';
import { inTime } from '../support/in-time.ts';

const sold = defineSignal('audit.sold', z.object({ card: z.string() }));

class Sales {
  @OnSignal(sold, { retry: { attempts: 1 } })
  static async onSold(): Promise<void> {
    throw new Error('sold out');
  }
}

const emit = async (h: Harness): Promise<string> =>
  h.db.transaction(async (tx) => (await sold.emitReliable(tx, { card: '4111' })).emissionId);

test('each act on an emission is recorded with its operator and what came of it, the latest first, a page at a time', async () => {
  await using h = await harness({ services: [Sales] });
  const emissionId = await emit(h);
  await h.box.drain();
  await h.box.deliveries.retry({ emissionId }, { by: 'ada' });
  await h.box.drain();
  await h.box.deliveries.replay({ emissionId, receiver: 'Sales.onSold' }, { by: 'bob' });
  await h.box.deliveries.cancel({ emissionId }, 'by phone', { by: 'ada' });
  await h.box.deliveries.cancel({ emissionId });
  const entries = await h.box.audit.list();
  expect(entries.map(({ by, act, about, result, errandId }) => ({ by, act, about, result, errandId }))).toEqual([
    { by: 'code', act: 'cancel', about: { emissionId }, result: { done: 0 }, errandId: undefined },
    { by: 'ada', act: 'cancel', about: { emissionId }, result: { done: 1 }, errandId: undefined },
    { by: 'bob', act: 'replay', about: { emissionId, receiver: 'Sales.onSold' }, result: { done: 1 }, errandId: undefined },
    { by: 'ada', act: 'retry', about: { emissionId }, result: { done: 1 }, errandId: undefined },
  ]);
  for (const { at, finishedAt } of entries) expect(finishedAt!.getTime()).toBeGreaterThanOrEqual(at.getTime());
  expect(await h.box.audit.list({ limit: 2 })).toEqual(entries.slice(0, 2));
  expect(await h.box.audit.list({ limit: 2, beforeId: entries[1]!.id })).toEqual(entries.slice(2));
  expect(await h.sql`select from signalbox.audit_entry a where to_jsonb(a)::text like '%4111%'`).toHaveLength(0);
});

test('an act that cannot be recorded is not done; one that fails is recorded without its message', async () => {
  await using h = await harness({ services: [Sales] });
  const emissionId = await emit(h);
  await h.box.drain();
  await h.sql`alter table signalbox.audit_entry add constraint never check (act <> 'retry')`;
  await expect(h.box.deliveries.retry({ emissionId })).rejects.toThrow('never');
  expect(await h.sql`select state from signalbox.settled`).toEqual([{ state: 'dead' }]);
  await h.sql`alter table signalbox.delivery add constraint full_up check (generation = 0)`;
  await expect(h.box.deliveries.replay({ emissionId })).rejects.toThrow('full_up');
  expect(await h.box.audit.list()).toMatchObject([{ act: 'replay', result: { error: expect.any(String) as string } }]);
  expect(JSON.stringify((await h.box.audit.list())[0]!.result)).not.toContain('full_up');
});

test('an entry is there while its act goes on, and stays without a result if the act is cut off', async () => {
  await using h = await harness({ services: [Sales] });
  const emissionId = await emit(h);
  await h.box.drain();
  const sql = h.connect();
  let acted: Promise<unknown> | undefined;
  await sql.begin(async (held) => {
    await held`select from signalbox.settled for update`;
    acted = h.box.deliveries.retry({ emissionId });
    await expect.poll(() => h.box.audit.list()).toMatchObject([{ act: 'retry', result: undefined, finishedAt: undefined }]);
  });
  await acted;
  expect(await h.box.audit.list()).toMatchObject([{ act: 'retry', result: { done: 1 } }]);
});

test('a prune by hand is recorded with its choice and what went; a dry run is not', async () => {
  await using h = await harness({ services: [Sales] });
  await emit(h);
  await h.box.drain();
  await h.sql`update signalbox.settled set finished_at = finished_at - interval '90 days'`;
  await h.sql`update signalbox.emission set emitted_at = emitted_at - interval '90 days'`;
  await h.box.prune({ states: ['dead'], olderThan: '30d', dryRun: true, by: 'ada' });
  expect(await h.box.audit.list()).toEqual([]);
  const pruned = await h.box.prune({ states: ['dead'], olderThan: '30d', by: 'ada' });
  await h.box.prune();
  expect(await h.box.audit.list()).toMatchObject([
    { by: 'code', act: 'prune', about: {}, result: { emissions: 0, deliveries: 0, errors: 0 } },
    { by: 'ada', act: 'prune', about: { states: ['dead'], olderThan: '30d' }, result: pruned },
  ]);
});

test('what cannot be done at all is no act: partitions that are not there', async () => {
  await using h = await harness();
  await expect(h.box.partitions.tend({ every: 'week', keep: 4 })).rejects.toMatchObject({ code: 'MigrationMissing' });
  expect(await h.box.audit.list()).toEqual([]);
});

test('an act that is done is not failed by an entry that cannot be completed, which the log tells', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Sales], log });
  const emissionId = await emit(h);
  await h.box.drain();
  await h.sql`alter table signalbox.audit_entry add constraint open_only check (result is null)`;
  expect(await h.box.deliveries.retry({ emissionId })).toHaveLength(1);
  expect(JSON.stringify(lines)).toContain('could not be completed');
});

test('entries are kept for 400 days, and deleted by the acts that follow', async () => {
  await using h = await harness({ services: [Sales] });
  const add = (days: number) => h.sql`
    insert into signalbox.audit_entry (at, actor, act, about) values (now() - ${days} * interval '1 day', 'ada', ${`retry ${days}`}, '{}')`;
  await add(399);
  await add(401);
  await h.sql`insert into signalbox.audit_entry (at, actor, act, about) select now() - interval '500 days', 'ada', 'old', '{}' from generate_series(1, 150)`;
  const { receivers } = h.box;
  await receivers.announce();
  await h.sql`insert into signalbox.audit_entry (at, actor, act, about) values (now() - interval '499 days', 'ada', 'old', '{}')`;
  // One is held by another, and none waits for it.
  const sql = h.connect();
  await sql.begin(async (held) => {
    await held`select from signalbox.audit_entry where act = 'retry 401' for update`;
    await receivers.pause('Sales.onSold');
    const left =
      await h.sql`select at > now() - interval '499 days 1 hour' as late from signalbox.audit_entry where act = 'old' order by at`;
    expect(left.map(({ late }) => late as boolean)).toEqual([...Array.from({ length: 50 }, () => false), true]);
    await inTime(receivers.resume('Sales.onSold'), 'an act beside an entry that is held');
    expect((await h.box.audit.list()).map(({ act }) => act)).toEqual(['receivers.resume', 'receivers.pause', 'retry 401', 'retry 399']);
  });
  await receivers.pause('Sales.onSold');
  expect((await h.box.audit.list({ limit: 1_000 })).map(({ act }) => act)).toEqual([
    'receivers.pause',
    'receivers.resume',
    'receivers.pause',
    'retry 399',
  ]);
});

test('the first result of an entry stays', async () => {
  await using h = await openStore();
  const id = await h.store.audit.begin({ by: 'ada', act: 'retry', about: {} });
  await h.store.audit.end(id, { done: 1 });
  await h.store.audit.end(id, { done: 2 });
  expect(await h.store.audit.list(undefined, 9)).toMatchObject([{ result: { done: 1 } }]);
});
