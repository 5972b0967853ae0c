// Announcing: the rows of the catalogue that a process writes and those that it leaves alone, and the returned ids.
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Receiver } from '../../../src/core/receivers.ts';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { postgresJs } from '../../../src/drivers/postgres-js.ts';
import { changeReceivers, listReceivers, readCatalogue } from '../../../src/store/catalogue/catalogue.sql.ts';
import { receiversOf } from '../../../src/receivers/register.ts';
import { addReceiver, openStore } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

const happened = defineSignal('store.happened', z.object({ value: z.number() }));

class Both {
  @OnSignal(happened)
  static async one(): Promise<void> {}
  @OnSignal(happened, { queue: 'slow', priority: 3 })
  static async two(): Promise<void> {}
}

class Renamed {
  @OnSignal(happened, { name: 'New.receive', formerly: ['Old.receive'], queue: 'slow' })
  static async receive(): Promise<void> {}
}

class Before {
  @OnSignal(happened, { name: 'Old.receive', queue: 'slow' })
  static async receive(): Promise<void> {}
}

const receivers: readonly Receiver[] = receiversOf([Both]).all;
const renamed: readonly Receiver[] = receiversOf([Renamed]).all;

test('announcing again writes nothing and uses up no id', async () => {
  await using h = await openStore();
  const first = await h.store.catalogue.announce(receivers, { takesNames: true });
  // Another receiver is announced later; that must not matter.
  const later = await addReceiver(h.sql, 'Other.receive');
  const before = await h.sql`select xmin::text as xmin from signalbox.receiver order by id`;
  expect(await h.store.catalogue.announce(receivers, { takesNames: true })).toHaveLength(2);
  expect([...(await h.sql`select xmin::text as xmin from signalbox.receiver order by id`)]).toEqual([...before]);
  expect([later, await addReceiver(h.sql, 'Next.receive')]).toEqual([1, 2].map((more) => Math.max(...first.map(({ id }) => id)) + more));
});

test.each([
  ['has changed', "queue = 'before'"],
  ['has another priority', 'priority = 9'],
  ['was retired', 'retired_at = now()'],
  ['was not seen for two days', "last_seen_at = now() - interval '2 days'"],
])('announcing a receiver that %s brings its row up to date', async (_what, change) => {
  await using h = await openStore();
  await h.store.catalogue.announce(receivers);
  await h.sql.unsafe(`update signalbox.receiver set ${change}`);
  expect(await h.store.catalogue.announce(receivers)).toHaveLength(2);
  const rows = await h.sql`select name, queue, priority, retired_at, last_seen_at > now() - interval '1 minute' as seen
    from signalbox.receiver order by name`;
  expect([...rows]).toEqual([
    { name: 'Both.one', queue: 'default', priority: 0, retired_at: null, seen: true },
    { name: 'Both.two', queue: 'slow', priority: 3, retired_at: null, seen: true },
  ]);
});

test('a receiver that was seen within the day is not written again', async () => {
  await using h = await openStore();
  await h.store.catalogue.announce(receivers);
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '23 hours'`;
  await h.store.catalogue.announce(receivers);
  const [row] = await h.sql`select max(last_seen_at) < now() - interval '22 hours' as untouched from signalbox.receiver`;
  expect(row).toEqual({ untouched: true });
});

test('announcing leaves the receivers of others alone', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'Other.one');
  await addReceiver(h.sql, 'Both.one', 'store.otherwise');
  await h.sql`update signalbox.receiver set queue = 'other', retired_at = now()`;
  const before = await h.sql`select xmin::text as xmin from signalbox.receiver order by id`;
  expect(await h.store.catalogue.announce(receivers)).toHaveLength(2);
  const after = await h.sql`select xmin::text as xmin from signalbox.receiver order by id limit 2`;
  expect([...after]).toEqual([...before]);
});

test('the answer includes the ids of former names, not those of other signals, and marks the id of new deliveries', async () => {
  await using h = await openStore();
  const old = await addReceiver(h.sql, 'Old.receive');
  await addReceiver(h.sql, 'Old.receive', 'store.otherwise');
  await addReceiver(h.sql, 'Other.receive');
  for (const _time of ['when it is new', 'when it is known']) {
    const answer = await h.store.catalogue.announce(renamed);
    const [row] = await h.sql<{ id: number }[]>`select id from signalbox.receiver where name = 'New.receive'`;
    const about = { name: 'New.receive', signal: 'store.happened' };
    expect(answer.toSorted((a, b) => a.id - b.id)).toEqual([
      { ...about, id: old, isRoot: true },
      { ...about, id: row!.id, isRoot: false },
    ]);
  }
});

test('a receiver that another process is just adding gets the values of the later announcement', async () => {
  await using h = await openStore();
  const other = await h.hold((transaction) => addReceiver(transaction, 'New.receive'));
  const announced = h.store.catalogue.announce(renamed);
  await untilBlocked(h.sql);
  await other.commit();
  await announced;
  const rows = await h.sql`select name, queue, priority from signalbox.receiver where last_seen_at is not null`;
  expect([...rows]).toEqual([{ name: 'New.receive', queue: 'slow', priority: 0 }]);
});

test('a row that changed between the read and the write of an announcement is not overwritten', async () => {
  await using h = await openStore();
  const [id, other] = [await addReceiver(h.sql, 'Old.receive'), await addReceiver(h.sql, 'Other.receive')];
  const run = postgresJs(h.sql as never).run();
  const rows = await run(readCatalogue, ['["store.happened"]']);
  const changes = rows.map(({ root_id, ...row }) => ({ ...row, root_id, seen: 'now', queue: 'mine' }));
  // Not seen by the read, and committed before the lock.
  const holding = await h.hold((transaction) => transaction`update signalbox.receiver set queue = 'theirs' where id = ${id}`);
  const writing = run(changeReceivers, [JSON.stringify(changes)]);
  await untilBlocked(h.sql);
  await holding.commit();
  expect(await writing).toEqual([{ changed: 0 }]);
  // Committed before the statement.
  expect(await run(changeReceivers, [JSON.stringify(changes)])).toEqual([{ changed: 0 }]);
  const queues = await h.sql`select id, queue from signalbox.receiver order by id`;
  expect([...queues]).toEqual([
    { id, queue: 'theirs' },
    { id: other, queue: 'default' },
  ]);
});

test('the names of a process that starts are stored from then on, not those of a process that only reads again', async () => {
  await using h = await openStore();
  const before = receiversOf([Before]).all;
  const latest = async (): Promise<string[]> => {
    const rows = await postgresJs(h.sql as never).run()(listReceivers, []);
    return rows.filter((row) => row.latest).map(({ name }) => name);
  };
  await h.store.catalogue.announce(before, { takesNames: true });
  await h.store.catalogue.announce(renamed, { takesNames: true });
  expect(await latest()).toEqual(['New.receive']);
  await h.store.catalogue.announce(before);
  expect(await latest()).toEqual(['New.receive']);
  await h.store.catalogue.announce(before, { takesNames: true });
  expect(await latest()).toEqual(['Old.receive']);
});

test('many processes that announce at the same time all learn the same ids', async () => {
  await using h = await openStore();
  const answers = await Promise.all(Array.from({ length: 8 }, () => h.store.catalogue.announce(receivers)));
  const known = await h.store.catalogue.announce(receivers);
  const ids = known.map(({ id }) => id).toSorted((a, b) => a - b);
  for (const answer of answers) expect(answer.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(ids);
  expect(await h.sql`select from signalbox.receiver`).toHaveLength(2);
});

test('an announcement waits for another process that announces the same receiver, which gets one row', async () => {
  await using h = await openStore();
  const other = await h.hold((_transaction, store) => store.catalogue.announce(receivers));
  const announced = h.store.catalogue.announce(receivers);
  await untilBlocked(h.sql);
  await other.commit();
  expect((await announced).map(({ name }) => name).toSorted()).toEqual(['Both.one', 'Both.two']);
  expect(await h.sql`select from signalbox.receiver`).toHaveLength(2);
});

test.each(['new', 'changed'])('%s receivers are written in one order by every process, so that no deadlock arises', async (which) => {
  await using h = await openStore();
  if (which === 'changed') {
    await h.store.catalogue.announce(receivers);
    await h.sql`update signalbox.receiver set queue = 'before'`;
  }
  const [one, two] = receivers;
  let proceed: (() => Promise<unknown>) | undefined;
  const first = await h.hold(async (_transaction, store) => {
    await store.catalogue.announce([one!]);
    proceed = () => store.catalogue.announce([two!]);
  });
  // Given in reverse order: the statement must lock the first row before it holds the second.
  const second = h.store.catalogue.announce([two!, one!]);
  await untilBlocked(h.sql);
  await proceed!();
  await first.commit();
  await second;
  const queues = await h.sql`select queue from signalbox.receiver order by name`;
  expect(queues.map(({ queue }) => queue as string)).toEqual(['default', 'slow']);
});

test('a buried name counts as never seen from then on, and a kept name keeps its time', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'Buried.receive');
  await addReceiver(h.sql, 'Kept.receive');
  await h.sql`update signalbox.receiver set last_seen_at = now()`;
  const run = postgresJs(h.sql as never).run();
  const rows = await run(readCatalogue, ['["store.happened"]']);
  const changes = rows.map((row) => ({ ...row, seen: row.name === 'Buried.receive' ? 'never' : 'kept' }));
  expect(await run(changeReceivers, [JSON.stringify(changes)])).toEqual([{ changed: 2 }]);
  const seen = await h.sql`select name, last_seen_at is not null as seen from signalbox.receiver order by name`;
  expect([...seen]).toEqual([
    { name: 'Buried.receive', seen: false },
    { name: 'Kept.receive', seen: true },
  ]);
});
