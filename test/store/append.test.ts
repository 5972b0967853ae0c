// append and announceReceivers: who gets a delivery, and that all do or none.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Receiver } from '../../src/core/receivers.ts';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { receiversOf } from '../../src/registry/receivers.ts';
import type { AppendOptions } from '../../src/store/store.ts';
import { addReceiver, openStore, type StoreHarness } from './rows.ts';

const happened = defineSignal('store.happened', z.object({ value: z.number() }));

class Both {
  @OnSignal(happened)
  static async one(): Promise<void> {}
  @OnSignal(happened, { queue: 'slow', priority: 3 })
  static async two(): Promise<void> {}
}

const receivers: readonly Receiver[] = receiversOf([Both]).all;

const append = async (h: StoreHarness, options: Partial<AppendOptions> = {}): Promise<number> => {
  const id = randomUUID();
  const run = async (text: string, params: readonly unknown[]): Promise<never> => h.sql.unsafe(text, params as never) as never;
  const all = {
    signal: 'store.happened',
    version: 1,
    headers: null,
    runAt: undefined,
    delayMs: 0,
    priority: 0,
    ownReceivers: [],
    ...options,
  };
  return (await h.store.append(run, [{ id, payload: '{"value":1}' }], all)).get(id)!;
};

test('receivers of the signal get a delivery, those of other signals do not', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'A.receive');
  await addReceiver(h.sql, 'B.receive', 'store.otherwise');
  expect(await append(h)).toBe(1);
});

test('a retired receiver gets none', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await h.sql`update signalbox.receiver set retired_at = now()`;
  expect(await append(h)).toBe(0);
});

test('a receiver that no process has announced for 400 days gets none, one of a year still does', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '399 days'`;
  expect(await append(h)).toBe(1);
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '401 days'`;
  expect(await append(h)).toBe(0);
});

test('a receiver that is named and in the catalogue gets one delivery', async () => {
  await using h = await openStore();
  const id = await addReceiver(h.sql);
  expect(await append(h, { ownReceivers: [id] })).toBe(1);
});

test('if one delivery cannot be stored, nothing is', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'A.receive');
  const second = await addReceiver(h.sql, 'B.receive');
  await h.sql.unsafe(`create function refuse() returns trigger language plpgsql as
    $$ begin if new.receiver_id = ${second} then raise exception 'refused'; end if; return new; end $$;
    create trigger refuse before insert on signalbox.delivery for each row execute function refuse()`);
  await expect(append(h)).rejects.toThrow('refused');
  expect(await h.sql`select from signalbox.emission`).toHaveLength(0);
  expect(await h.sql`select from signalbox.delivery`).toHaveLength(0);
});

test('workers are woken for what is due now and reaches somebody, and for nothing else', async () => {
  await using h = await openStore();
  let rung = 0;
  await h.sql.listen('signalbox_ready', () => void rung++);
  await append(h);
  await addReceiver(h.sql);
  await append(h, { delayMs: 60_000 });
  await append(h, { runAt: new Date(Date.now() + 60_000) });
  await append(h);
  // A notification of our own, behind those: when it is here, they would be too.
  const last = new Promise<void>((resolve) => void h.sql.listen('last', () => resolve()).then(() => h.sql.notify('last', '')));
  await last;
  expect(rung).toBe(1);
});

test('times and priorities decide when a delivery is due', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await append(h, { delayMs: 90_000 });
  await append(h, { runAt: new Date('2031-02-03T04:05:06.789Z') });
  await append(h, { priority: 2 });
  const due = await h.sql`select to_char(run_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.MS') as at,
    round(extract(epoch from run_at - now()))::int as seconds from signalbox.delivery order by id`;
  expect(due[0]!['seconds']).toBeGreaterThan(85);
  expect(due[0]!['seconds']).toBeLessThan(91);
  expect(due[1]!['at']).toBe('2031-02-03 04:05:06.789');
  expect(due[2]!['seconds']).toBeLessThanOrEqual(-7_200);
  expect(due[2]!['seconds']).toBeGreaterThan(-7_210);
});

test('announcing again writes nothing and uses up no id', async () => {
  await using h = await openStore();
  const first = await h.store.announce(receivers);
  const before = await h.sql`select xmin::text as xmin from signalbox.receiver order by id`;
  expect(await h.store.announce(receivers)).toHaveLength(2);
  expect([...(await h.sql`select xmin::text as xmin from signalbox.receiver order by id`)]).toEqual([...before]);
  expect(await addReceiver(h.sql, 'Next.receive')).toBe(Math.max(...first.map(({ id }) => id)) + 1);
});

test.each([
  ['has changed', "queue = 'before'"],
  ['has another priority', 'priority = 9'],
  ['was retired', 'retired_at = now()'],
  ['was not seen for two days', "last_seen_at = now() - interval '2 days'"],
  ['had other former names', "formerly = '{Old.name}'"],
])('announcing a receiver that %s brings its row up to date', async (_what, change) => {
  await using h = await openStore();
  await h.store.announce(receivers);
  await h.sql.unsafe(`update signalbox.receiver set ${change}`);
  expect(await h.store.announce(receivers)).toHaveLength(2);
  const rows = await h.sql`select name, queue, priority, formerly, retired_at, last_seen_at > now() - interval '1 minute' as seen
    from signalbox.receiver order by name`;
  expect([...rows]).toEqual([
    { name: 'Both.one', queue: 'default', priority: 0, formerly: [], retired_at: null, seen: true },
    { name: 'Both.two', queue: 'slow', priority: 3, formerly: [], retired_at: null, seen: true },
  ]);
});

test('a receiver that another process is just announcing is waited for, and has one row', async () => {
  await using h = await openStore();
  const other = await h.hold((_transaction, store) => store.announce(receivers));
  const announced = h.store.announce(receivers);
  await h.sql`select pg_sleep(0.1)`;
  await other.commit();
  expect((await announced).map(({ name }) => name).toSorted()).toEqual(['Both.one', 'Both.two']);
  expect(await h.sql`select from signalbox.receiver`).toHaveLength(2);
});

test.each(['new', 'changed'])(
  '%s receivers are written in one order by every process, so that none waits for another in a circle',
  async (which) => {
    await using h = await openStore();
    if (which === 'changed') {
      await h.store.announce(receivers);
      await h.sql`update signalbox.receiver set queue = 'before'`;
    }
    const [one, two] = receivers;
    let proceed: (() => Promise<unknown>) | undefined;
    const first = await h.hold(async (_transaction, store) => {
      await store.announce([one!]);
      proceed = () => store.announce([two!]);
    });
    // Given the other way round: it must ask for the first row before it holds the second.
    const second = h.store.announce([two!, one!]);
    await h.sql`select pg_sleep(0.1)`;
    await proceed!();
    await first.commit();
    await second;
    const queues = await h.sql`select queue from signalbox.receiver order by name`;
    expect(queues.map(({ queue }) => queue as string)).toEqual(['default', 'slow']);
  },
);
