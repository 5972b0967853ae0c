// Pages, counts and groups: each delivery on one page, in its order, whatever moves meanwhile.
import { expect, test } from 'vitest';
import type { DeliveryFilter, PageOptions, PageOrder } from '../../src/index.ts';
import { cursorOf } from '../../src/operate/cursor.ts';
import { PagesStore, WINDOWS } from '../../src/store/operations/pages.ts';
import { addReceiver, openStore, runOn } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';
import { addRow, nextEmissionId, settle } from './read-rows.ts';

/** All pages, by the ids of their deliveries. @param between called after each page with its number, from 1 */
async function walk(
  { box }: Harness,
  filter: DeliveryFilter,
  options: PageOptions = {},
  between?: (page: number) => Promise<unknown>,
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await box.deliveries.page(filter, { limit: 3, ...options, cursor });
    expect(page.lookedTo).toBe(undefined);
    pages.push(page.deliveries.map(({ id }) => id));
    ({ cursor } = page);
    await between?.(pages.length);
  } while (cursor !== undefined);
  return pages;
}

const minutes = (at: number): Date => new Date(Date.UTC(2026, 10, 1, 0, at));

/** Ten emissions of two receivers each: by turns live, completed, dead and cancelled; the later, the longer ago it was due or finished. */
async function openTwenty(): Promise<Harness & { readonly ids: readonly string[] }> {
  const h = await harness();
  const receivers = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const ids: string[] = [];
  const states = ['ready', 'completed', 'dead', 'cancelled'] as const;
  for (let n = 0; n < 10; n++) {
    const emissionId = nextEmissionId();
    for (const receiver of receivers) {
      const state = states[ids.length % states.length]!;
      // Two at a time of the same time, so that it does not decide alone.
      ids.push((await addRow(h.sql, { receiver, emissionId, state, at: minutes(60 - Math.floor(n / 2)) })).id);
    }
  }
  return { ...h, ids };
}

test('by default the latest emission comes first, and each delivery on one page', async () => {
  await using h = await openTwenty();
  const pages = await walk(h, {});
  expect(pages.flat()).toEqual(h.ids.toReversed());
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3, 2]);
});

test('a page that is exactly full is known to be the last', async () => {
  await using h = await openTwenty();
  expect((await walk(h, {}, { limit: 10 })).map(({ length }) => length)).toEqual([10, 10]);
});

test('dead and cancelled ones come by their end, the latest first; waiting ones of a receiver by the time at which they are due', async () => {
  await using h = await openTwenty();
  const unfinished = h.ids.filter((_, index) => index % 4 >= 2);
  const finished = (await walk(h, { states: ['dead', 'cancelled'] })).flat();
  expect(finished.toSorted()).toEqual(unfinished.toSorted());
  const place = (id: string): number => Math.floor(h.ids.indexOf(id) / 4);
  expect(finished.map(place)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  // Of the same end, the later emission first; each of these emissions has two of them.
  expect(finished.slice(0, 2)).toEqual([h.ids[3], h.ids[2]]);
  const due = (await walk(h, { states: ['ready'], receiver: 'A.receive' }, { limit: 2 })).flat();
  expect(due).toEqual([h.ids[16], h.ids[12], h.ids[8], h.ids[4], h.ids[0]]);
  expect((await walk(h, { states: ['ready'], receiver: 'A.receive' }, { order: 'latest' })).flat()).toEqual(due);
});

test('times of a filter bound the walk, in each order', async () => {
  await using h = await openTwenty();
  const within = { since: minutes(57), until: minutes(59) };
  const expected = h.ids.slice(8, 16);
  expect((await walk(h, within)).flat()).toEqual(expected.toReversed());
  expect((await walk(h, { ...within, states: ['dead'] })).flat()).toEqual([expected[2], expected[6]]);
  expect((await walk(h, { ...within, states: ['ready'], signal: 'store.happened' })).flat()).toEqual([expected[4], expected[0]]);
});

test('what is settled between two pages is on one of them', async () => {
  await using h = await openTwenty();
  const seen = await walk(h, {}, {}, async (page) => {
    const live = await h.sql<{ id: string }[]>`select id::text as id from signalbox.delivery order by id limit 1`;
    for (const { id } of live) await settle(h.sql, id, page % 2 === 0 ? 'dead' : 'completed');
  });
  expect(seen.flat()).toEqual(h.ids.toReversed());
});

test('what is brought back and dies again between two pages is seen once, or on the next walk', async () => {
  await using h = await openTwenty();
  const filter = { states: ['dead'] } as const;
  const all = (await walk(h, filter)).flat();
  const pages = await walk(h, filter, { limit: 2 }, async (page) => {
    // The first of those that were seen, and then one that was not.
    const id = page === 1 ? all[0]! : all.at(-1)!;
    if (page <= 2) await h.sql`update signalbox.settled set finished_at = now() where id = ${id}`;
  });
  expect(pages.flat()).toEqual(all.slice(0, -1));
  expect((await walk(h, filter)).flat()[0]).toBe(all.at(-1));
});

test('a search that matches next to nothing ends after 50,000 entries, says how far it has come, and goes on from there', async () => {
  expect(WINDOWS.reduce((sum, window) => sum + window)).toBe(50_000);
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const rare = await addRow(h.sql, { receiver: b });
  await h.sql.begin(async (sql) => {
    await sql`set local statement_timeout = 0`;
    await sql`insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select n, ('ffffffff-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${a}, 1, 0, case when n % 2 = 0 then 'dead' else 'completed' end, 0, 0, 0,
        '2026-11-01'::timestamptz + n * interval '1 second' from generate_series(1, 60000) n`;
  });
  const pages = new PagesStore(runOn(h.sql));
  const states = ['ready', 'running', 'completed', 'dead', 'cancelled'] as const;
  const query = { states, receiver: 'B.receive' };
  const first = await pages.page(query, 'latest', undefined, 10);
  expect(first.found).toEqual([]);
  expect(first.cutAt).toMatchObject({ id: '10001' });
  const second = await pages.page(query, 'latest', first.next, 10);
  expect([second.found.map(({ id }) => id), second.next, second.cutAt]).toEqual([[rare.id], undefined, undefined]);
  expect(await pages.count(query, 'latest', 1_000)).toMatchObject({ count: 0, more: true, cutAt: { id: '10001' } });
  // 30,000 dead ones are all looked at.
  expect(await pages.page({ ...query, states: ['dead'] }, 'finished', undefined, 10)).toEqual({
    found: [],
    next: undefined,
    cutAt: undefined,
  });
  expect(await pages.count({ ...query, states: ['dead'] }, 'finished', 1_000)).toEqual({ count: 0, more: false, cutAt: undefined });
  expect(await pages.count({ states: ['dead'] }, 'finished', 1_000)).toEqual({ count: 1_000, more: true, cutAt: undefined });
});

test('a count is exact up to 1,000, and says that there are more beyond', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql);
  const add = async (count: number): Promise<unknown> => h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at) select gen_random_uuid(), ${receiver}, 1, now() from generate_series(1, ${count})`;
  const counts = async (): Promise<unknown[]> => [
    await h.box.deliveries.count(),
    await h.box.deliveries.count({ states: ['ready'], receiver: 'A.receive' }),
  ];
  await add(1_000);
  const exact = { count: 1_000, more: false, lookedTo: undefined };
  expect(await h.box.deliveries.count({ states: ['running'], receiver: 'A.receive' })).toEqual({ ...exact, count: 0 });
  expect(await counts()).toEqual([exact, exact]);
  await add(1);
  expect(await counts()).toEqual([
    { ...exact, more: true },
    { ...exact, more: true },
  ]);
  expect(await h.box.deliveries.count({ states: ['dead'] })).toEqual({ count: 0, more: false, lookedTo: undefined });
});

const POSITION = { id: '1', emissionId: '018f0000-0000-7000-8000-000000000000', receiverId: 1, at: '1' };
const forged = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

test.each([
  ['no cursor at all', 'x'],
  ['text that is no base64url', "'; drop table signalbox.settled; --"],
  ['one of another order', cursorOf('due', POSITION)],
  ['no list', forged({ length: 5 })],
  ['a time that is none', forged(['l', "1'", POSITION.emissionId, 1, '1'])],
  ['an emission that is none', forged(['l', '1', 'x', 1, '1'])],
  ['a receiver beyond int4', forged(['l', '1', POSITION.emissionId, 2 ** 31, '1'])],
  ['an id that is none', forged(['l', '1', POSITION.emissionId, 1, '-1'])],
  ['more than a cursor has', forged(['l', '1', POSITION.emissionId, 1, '1', 1])],
  ['a long text', 'x'.repeat(10_000)],
])('as a cursor, %s is refused', async (_what, cursor) => {
  await using h = await harness();
  await expect(h.box.deliveries.page({}, { cursor })).rejects.toMatchObject({
    code: 'InvalidOption',
    message: expect.stringContaining('cursor') as string,
  });
});

test.each<[PageOrder, DeliveryFilter]>([
  ['finished', {}],
  ['finished', { states: ['dead', 'completed'] }],
  ['due', { states: ['ready'] }],
  ['due', { receiver: 'A.receive' }],
])('the order %s is refused for %j, of which it does not have all', async (order, filter) => {
  await using h = await harness();
  await expect(h.box.deliveries.page(filter, { order })).rejects.toMatchObject({ code: 'InvalidOption' });
});

test('groups are of the latest error, the largest first, each with its times and its last delivery', async () => {
  await using h = await harness();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const dead = async (receiver: number, at: number, message: string, name = 'Error'): Promise<string> => {
    const errors = [
      { name: 'Earlier', message: 'not this one' },
      { name, message },
    ];
    return (await addRow(h.sql, { receiver, state: 'dead', at: minutes(at), errors })).id;
  };
  const same = 'x'.repeat(80);
  await dead(a, 1, `${same} one`);
  await dead(a, 3, `${same} two`);
  const last = await dead(a, 2, `${same} three`);
  const second = (await h.sql<{ id: string }[]>`select id::text as id from signalbox.settled order by finished_at desc limit 1`)[0]!.id;
  await dead(b, 4, `${same} one`);
  await dead(a, 5, same, 'Other');
  await addRow(h.sql, { receiver: a, state: 'cancelled', at: minutes(9), errors: [{ name: 'Error', message: same }] });
  await addRow(h.sql, { receiver: b, state: 'dead', at: minutes(0) });
  const { groups, grouped, more } = await h.box.deliveries.groups();
  expect([grouped, more]).toEqual([6, false]);
  expect(groups.map(({ receiver, name, message, count }) => [receiver, name, message, count])).toEqual([
    ['A.receive', 'Error', same, 3],
    ['A.receive', 'Other', same, 1],
    ['B.receive', 'Error', same, 1],
    ['B.receive', '', '', 1],
  ]);
  expect(groups[0]).toMatchObject({ first: minutes(1), last: minutes(3), sample: { id: second } });
  expect(last).not.toBe(second);
  expect((await h.box.deliveries.groups({ receiver: 'B.receive', since: minutes(4) })).groups).toMatchObject([
    { receiver: 'B.receive', count: 1 },
  ]);
});
