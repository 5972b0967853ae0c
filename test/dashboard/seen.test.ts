// What pages draw from counts and causes: the tree of a delivery, the charts of a receiver, the runs of workers, the step that has not ended.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { throughputChart } from '../../src/dashboard/charts/throughput.ts';
import { historyOf } from '../../src/dashboard/history.ts';
import { ofReceiver } from '../../src/dashboard/parts/caused-tree.tsx';
import { defineSignal } from '../../src/index.ts';
import { packageVersion } from '../../src/version.ts';
import { harness } from '../support/harness.ts';
import { browse } from './asking.ts';

const value = z.object({ n: z.number() });
const [paid, packed, mailed] = ['seen.paid', 'seen.packed', 'seen.mailed'].map((name) => defineSignal(name, value));

const plain = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('the page of a delivery has what its receiver caused as a tree, and the cause of its emission; those of others it has not', async () => {
  await using h = await harness();
  const { receivers } = h.box;
  receivers.connect(paid!, async ({ n }, { tx }) => void (await packed!.emitReliable(tx, { n })), { name: 'Store.pack' });
  receivers.connect(paid!, async () => {}, { name: 'Books.note' });
  receivers.connect(packed!, async ({ n }, { tx }) => void (await mailed!.emitReliable(tx, { n })), { name: 'Mail.tell' });
  receivers.connect(mailed!, async () => {}, { name: 'Mail.done' });
  const { emissionId } = await h.db.transaction(async (tx) => paid!.emitReliable(tx, { n: 1 }));
  await h.box.drain();
  const browser = browse(h);
  const pageOf = async (emission: string, receiver: string): Promise<string> =>
    plain((await browser.get(`delivery?emission=${emission}&receiver=${receiver}`)).text);
  expect(await pageOf(emissionId, 'Store.pack')).toMatch(/What it caused seen\.packed by Store\.pack, .* seen\.mailed by Mail\.tell, /);
  const other = await pageOf(emissionId, 'Books.note');
  expect([other.includes('What it caused'), other.includes('Caused by')]).toEqual([false, false]);
  const [{ id: caused } = { id: '' }] = (await h.box.emissions.caused(emissionId)).emissions;
  expect(await pageOf(caused, 'Mail.tell')).toContain(`Caused by Store.pack ${emissionId}`);
  expect((await browser.get(`emission?id=${caused}`)).text).toContain(`href="./delivery?emission=${emissionId}&amp;receiver=Store.pack"`);
  expect((await h.box.deliveries.get({ emissionId: caused, receiver: 'Mail.tell' })).causedBy).toEqual({
    emissionId,
    receiver: 'Store.pack',
  });
});

test('of a tree, the part of one receiver is what it emitted, and all that followed', () => {
  const at = new Date(0);
  const each = (id: string, causedBy: string, receiver: string | undefined, depth: number) => ({
    id,
    signal: id,
    emittedAt: at,
    causedBy,
    receiver,
    depth,
  });
  const emissions = [
    each('a', 'root', 'A', 1),
    each('b', 'root', 'B', 1),
    each('aa', 'a', 'B', 2),
    each('bb', 'b', 'A', 2),
    each('aaa', 'aa', undefined, 3),
  ];
  expect(ofReceiver({ emissions, more: true }, 'root', 'A')).toEqual({ emissions: [emissions[0], emissions[2], emissions[4]], more: true });
  expect(ofReceiver({ emissions, more: false }, 'root', 'C')).toEqual({ emissions: [], more: false });
});

test('a receiver has charts of its own runs, and a worker its runs of an hour, its failures and its version', async () => {
  await using h = await harness();
  h.box.receivers.connect(paid!, async () => {}, { name: 'Books.note' });
  const failing = async (): Promise<void> => {
    throw new Error('on purpose');
  };
  h.box.receivers.connect(paid!, failing, { name: 'Books.fail', retry: { attempts: 1 } });
  const worker = h.box.worker();
  await worker.start();
  const ended = h.box.next('delivery.dead');
  const done = h.box.next('delivery.completed');
  await h.db.transaction(async (tx) => paid!.emitReliable(tx, { n: 1 }));
  await Promise.all([ended, done]);
  const [{ id } = { id: 0 }] = await h.box.workers.list();
  const [tallied] = await h.sql`select count(*)::int as n from signalbox.tally`;
  expect(tallied!['n']).toBe(0);
  await worker.stop();
  const browser = browse(h);
  const summaries = async (name: string): Promise<string[]> =>
    Array.from((await browser.get(`receiver?name=${name}`)).text.matchAll(/<desc[^>]*>([^<]*)</g), ([, words]) => words!).slice(0, 2);
  expect(await summaries('Books.note')).toEqual([
    '1 completed, 0 failed, retried, 0 dead in 60 minutes.',
    '0 failed, retried, 0 dead in 60 minutes.',
  ]);
  expect(await summaries('Books.fail')).toEqual([
    '0 completed, 0 failed, retried, 1 dead in 60 minutes.',
    '0 failed, retried, 1 dead in 60 minutes.',
  ]);
  // The worker has signed off; as one that has not, it is listed with what it ran.
  h.leaves('workers', 'its row is made by plain SQL');
  await h.sql`
    insert into signalbox.worker (id, label, version, process_id, started_at, lease_until, backend_pid)
    values (${id}, 'host:1', ${packageVersion()}, gen_random_uuid(), now(), now() + interval '1 hour', 1),
      (${id - 1}, 'host:0', null, gen_random_uuid(), now(), now() + interval '1 hour', 1)`;
  const rows = Array.from((await browser.get('workers')).text.matchAll(/<tr>\s*<td>(.*?)<\/tr>/gs), ([, row]) => plain(row!).trim());
  expect(rows.toSorted()).toEqual([
    expect.stringMatching(/^host:0 #-?\d+ working 0 0 0 – older now/),
    expect.stringMatching(new RegExp(`^host:1 #\\d+ working 0 2 1 [\\d.]+ m?s ${packageVersion().replaceAll('.', '\\.')} now`)),
  ]);
});

test('a step that has not ended, or whose counts may not be written yet, is drawn as unfinished and has no rate', () => {
  const minute = 60_000;
  const start = 100 * minute;
  const unfinished = (now: number): number[] =>
    historyOf([], minute, now).outcomes.flatMap((step) => (step.unfinished ? [(step.at.getTime() - start) / minute] : []));
  expect(unfinished(start + 30_000)).toEqual([0]);
  expect(unfinished(start + 9_999)).toEqual([-1, 0]);
  expect(unfinished(start + 10_000)).toEqual([0]);
  const step = { at: new Date(start), completed: 6, retrying: 0, dead: 0 };
  const drawn = throughputChart('t', [{ ...step, unfinished: true }], 60);
  expect(drawn).toContain('<g class="unfinished"><title>01:40 UTC: 6 completed, 0 failed, retried, 0 dead so far</title>');
  expect(throughputChart('t', [step], 60)).not.toMatch(/unfinished|so far/);
});
