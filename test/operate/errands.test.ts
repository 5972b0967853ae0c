// box.errands: what each act does to which deliveries, and how an errand is begun, carried on and ended.
import { expect, test } from 'vitest';
import { fill, operated, paid, upTo } from './errands.ts';
import { harness } from '../support/harness.ts';
import { inTime } from '../support/in-time.ts';

test('retry brings back what is dead, in its own generation, and nothing that dies after it was begun', async () => {
  await using h = await operated();
  h.control.fails = true;
  await h.emit(...upTo(3));
  await h.box.drain();
  const errand = await h.box.errands.begin({ act: 'retry', filter: { receiver: 'Books.onPaid' }, by: 'ada' });
  expect(errand).toMatchObject({ act: 'retry', state: 'running', done: 0, skipped: 0, by: 'ada', finishedAt: undefined });
  // It dies again while the errand goes on, and is not retried in a circle.
  await h.emit(3);
  await h.box.drain();
  const progress: number[] = [];
  const done = await h.box.errands.work(errand.id, { onProgress: ({ done: so }) => void progress.push(so) });
  expect(done).toMatchObject({ state: 'done', done: 3, skipped: 0, finishedAt: expect.any(Date) as Date });
  expect(progress).toEqual([0, 3]);
  expect(await h.rows()).toEqual({ 'Books.onPaid dead 0': 1, 'Books.onPaid ready 0': 3, 'Mails.onPaid dead 0': 4 });
  h.control.fails = false;
  const keys = h.control.runs.filter(({ receiver }) => receiver === 'Books').map(({ key }) => key);
  await h.box.drain();
  expect(h.control.runs.slice(-3).map(({ key, replayed }) => [keys.includes(key), replayed])).toEqual([1, 2, 3].map(() => [true, false]));
  expect(await h.box.errands.work(errand.id)).toEqual(done);
});

test('retry of waiting and cancelled ones is asked for by their states', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'ready', 2);
  await fill(h, 'Books.onPaid', 'cancelled', 2);
  await fill(h, 'Books.onPaid', 'dead', 2);
  const { id } = await h.box.errands.begin({ act: 'retry', filter: { states: ['ready', 'cancelled'] } });
  expect(await h.box.errands.work(id)).toMatchObject({ state: 'done', done: 4 });
  expect(await h.rows()).toEqual({ 'Books.onPaid dead 0': 2, 'Books.onPaid ready 0': 4 });
  expect(await h.sql`select from signalbox.delivery where run_at > now()`).toHaveLength(0);
});

test('over spreads the times at which they are due', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'dead', 400);
  await fill(h, 'Books.onPaid', 'ready', 400);
  const { id } = await h.box.errands.begin({ act: 'retry', filter: { states: ['dead', 'ready'] }, over: '10m' });
  await h.box.errands.work(id);
  const [row] = await h.sql<{ early: number; late: number; beyond: number }[]>`
    select count(*) filter (where run_at < now() + interval '5 minutes')::int as early,
      count(*) filter (where run_at >= now() + interval '5 minutes')::int as late,
      count(*) filter (where run_at > now() + interval '10 minutes')::int as beyond
    from signalbox.delivery`;
  expect(row!.early + row!.late).toBe(800);
  expect([row!.early > 200, row!.late > 200, row!.beyond]).toEqual([true, true, 0]);
});

test('replay runs completed ones once more, under a new key, and says so to the receiver', async () => {
  await using h = await operated();
  await h.emit(1, 2);
  await h.box.drain();
  const keys = h.control.runs.map(({ key }) => key);
  const { id } = await h.box.errands.begin({ act: 'replay', filter: { receiver: 'Books.onPaid' } });
  expect(await h.box.errands.work(id)).toMatchObject({ state: 'done', done: 2 });
  await h.box.drain();
  const again = h.control.runs.slice(4);
  expect(again.map(({ receiver, replayed, key }) => [receiver, replayed, keys.includes(key)])).toEqual([
    ['Books', true, false],
    ['Books', true, false],
  ]);
  expect(await h.rows()).toEqual({ 'Books.onPaid completed 1': 2, 'Mails.onPaid completed 0': 2 });
});

test('a replay of receivers that act outside, or that this process does not know, must be asked for', async () => {
  await using h = await operated();
  await h.emit(1);
  await h.box.drain();
  const other = h.another({ services: [] });
  other.receivers.connect(paid, () => {}, { name: 'Elsewhere.onPaid' });
  await other.receivers.announce();
  await expect(h.box.errands.begin({ act: 'replay', filter: {} })).rejects.toMatchObject({
    code: 'ActsAgain',
    details: { receivers: ['Elsewhere.onPaid', 'Mails.onPaid'] },
  });
  await expect(h.box.errands.begin({ act: 'replay', filter: { receiver: 'Mails.onPaid' } })).rejects.toMatchObject({ code: 'ActsAgain' });
  const { id } = await h.box.errands.begin({ act: 'replay', filter: { receiver: 'Mails.onPaid' }, actsAgain: true });
  expect(await h.box.errands.work(id)).toMatchObject({ done: 1 });
  expect(await h.box.errands.list()).toHaveLength(1);
});

test('at most 1,000 replayed deliveries of a receiver are live, and the errand goes on as they are run', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'completed', 1_700);
  await fill(h, 'Mails.onPaid', 'completed', 200);
  const { id } = await h.box.errands.begin({ act: 'replay', filter: {}, actsAgain: true });
  const waiting = new AbortController();
  const stopped = await h.box.errands.work(id, {
    abortSignal: waiting.signal,
    onProgress: ({ done }) => {
      if (done >= 1_000) waiting.abort();
    },
  });
  expect(stopped).toMatchObject({ state: 'running' });
  const live = async (): Promise<number> =>
    (await h.sql`select from signalbox.delivery d join signalbox.receiver r on r.id = d.receiver_id where r.name = 'Books.onPaid'`).length;
  // More batches add no more.
  const patience = new AbortController();
  let looks = 0;
  h.box.on('errand.advanced', () => {
    if (++looks === 3) patience.abort();
  });
  await h.box.errands.work(id, { abortSignal: patience.signal });
  expect(await live()).toBe(1_000);
  const all = h.box.errands.work(id);
  for (let state = 'running'; state === 'running'; state = (await h.box.errands.get(id))!.state) await h.box.drain();
  expect(await all).toMatchObject({ state: 'done', done: 1_900, skipped: 0 });
  await h.box.drain();
  expect(await h.rows()).toEqual({ 'Books.onPaid completed 1': 1_700, 'Mails.onPaid completed 1': 200 });
});

test('deliveries that were not replayed take no room of a replay', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'ready', 1_100);
  await fill(h, 'Books.onPaid', 'completed', 5);
  const { id } = await h.box.errands.begin({ act: 'replay', filter: { receiver: 'Books.onPaid' } });
  const advanced = h.box.next('errand.advanced');
  const abort = new AbortController();
  const worked = h.box.errands.work(id, { abortSignal: abort.signal });
  expect(await advanced).toMatchObject({ changed: 5 });
  abort.abort();
  expect(await worked).toMatchObject({ done: 5 });
});

test('cancel ends what waits and, if asked for, what is dead, with the reason', async () => {
  await using h = await operated();
  h.control.fails = true;
  await h.emit(1);
  await h.box.drain();
  await h.sql`update signalbox.settled set finished_at = finished_at - interval '40 days'`;
  await h.emit(2);
  const first = await h.box.errands.begin({ act: 'cancel', filter: { receiver: 'Books.onPaid' }, because: 'refunded' });
  expect(await h.box.errands.work(first.id)).toMatchObject({ done: 1 });
  // A run of it that went on would be of an epoch that is over.
  expect(await h.sql`select epoch from signalbox.settled where state = 'cancelled'`).toEqual([{ epoch: 1 }]);
  const second = await h.box.errands.begin({ act: 'cancel', filter: { states: ['dead'] } });
  expect(await h.box.errands.work(second.id)).toMatchObject({ done: 2 });
  expect(await h.rows()).toEqual({ 'Books.onPaid cancelled 0': 2, 'Mails.onPaid cancelled 0': 1, 'Mails.onPaid ready 0': 1 });
  // What was cancelled is kept from now on, however long ago it died.
  expect(await h.sql`select from signalbox.settled where finished_at < now() - interval '1 hour'`).toHaveLength(0);
  const errors =
    await h.sql`select error ->> 'message' as message, emission_id is not null as complete from signalbox.delivery_error where error ->> 'name' = 'Discard'`;
  expect(
    errors
      .map(({ message, complete }) => [message as string, complete as boolean])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ['Cancelled by an operator.', true],
    ['Cancelled by an operator.', true],
    ['refunded', true],
  ]);
});

test('only the deliveries of the filter are changed, and beside 2,500 others a batch goes on', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Mails.onPaid', 'dead', 12_000);
  await fill(h, 'Books.onPaid', 'dead', 2_500);
  const changed: number[] = [];
  h.box.on('errand.advanced', (event) => void changed.push(event.changed));
  const { id } = await h.box.errands.begin({ act: 'retry', filter: { receiver: 'Books.onPaid' } });
  expect(await h.box.errands.work(id)).toMatchObject({ done: 2_500 });
  expect(changed.toSorted((a, b) => a - b).slice(-2)).toEqual([1_000, 1_000]);
  expect(Math.max(...changed)).toBe(1_000);
  expect(await h.rows()).toEqual({ 'Books.onPaid ready 0': 2_500, 'Mails.onPaid dead 0': 12_000 });
});

test('a second errand that does the same is refused while the first is unfinished, and names it', async () => {
  await using h = await operated();
  await h.emit(1);
  const filter = { receiver: 'Books.onPaid', payload: { path: 'customer', value: 'customer 1' } };
  await h.box.errands.begin({ act: 'cancel', filter: { receiver: 'Mails.onPaid' } });
  const first = await h.box.errands.begin({ act: 'cancel', filter });
  const again = h.box.errands.begin({ act: 'cancel', filter: { payload: filter.payload, receiver: 'Books.onPaid' }, by: 'bob' });
  await expect(again).rejects.toMatchObject({ code: 'ErrandUnfinished', details: { errandId: first.id } });
  await h.box.errands.begin({ act: 'retry', filter });
  await h.box.errands.begin({ act: 'cancel', filter: { ...filter, payload: { path: 'customer', value: 'customer 2' } } });
  await h.box.errands.pause(first.id);
  await expect(h.box.errands.begin({ act: 'cancel', filter })).rejects.toMatchObject({ code: 'ErrandUnfinished' });
  await h.box.errands.stop(first.id);
  const second = await h.box.errands.begin({ act: 'cancel', filter });
  await h.box.errands.work(second.id);
  await h.box.errands.begin({ act: 'cancel', filter });
});

test('the value that a filter looks for in payloads is kept only while its errand is unfinished, and shown to nobody', async () => {
  await using h = await operated();
  await h.emit(1, 2);
  const payload = { path: 'customer', value: 'customer 1' };
  const cancel = await h.box.errands.begin({ act: 'cancel', filter: { payload } });
  const stopped = await h.box.errands.begin({ act: 'retry', filter: { payload } });
  const kept = async (): Promise<string> =>
    JSON.stringify(
      [await h.sql`select filter from signalbox.errand`, await h.sql`select * from signalbox.audit_entry`].flat(),
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
  expect(await kept()).toContain('customer 1');
  expect(JSON.stringify(await h.box.errands.list())).not.toContain('customer 1');
  expect(JSON.stringify(await h.sql`select about, result from signalbox.audit_entry`)).not.toContain('customer 1');
  expect(await h.box.errands.work(cancel.id)).toMatchObject({ done: 2, filter: { payload: { path: ['customer'] } } });
  await h.box.errands.stop(stopped.id);
  expect(await kept()).not.toContain('customer 1');
});

test('an errand is paused, resumed and stopped; it comes no further while it is paused, and never after it was stopped', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'dead', 2_500);
  const heard: string[] = [];
  h.box.on('*', ({ name }) => {
    if (name.startsWith('errand.')) heard.push(name);
  });
  const { id } = await h.box.errands.begin({ act: 'retry', filter: {}, by: 'ada' });
  const abort = new AbortController();
  h.box.on('errand.advanced', () => abort.abort());
  expect(await h.box.errands.work(id, { abortSignal: abort.signal })).toMatchObject({ state: 'running', done: 1_000 });
  expect(await h.box.errands.pause(id, { by: 'bob' })).toMatchObject({ state: 'paused' });
  expect(await h.box.errands.work(id)).toMatchObject({ state: 'paused', done: 1_000 });
  expect(await h.box.errands.resume(id)).toMatchObject({ state: 'running' });
  expect(await h.box.errands.stop(id)).toMatchObject({ state: 'stopped', done: 1_000, finishedAt: expect.any(Date) as Date });
  expect(await h.box.errands.work(id)).toMatchObject({ state: 'stopped', done: 1_000 });
  for (const verb of ['pause', 'resume', 'stop'] as const)
    await expect(h.box.errands[verb](id)).rejects.toMatchObject({ code: 'ErrandNotFound' });
  expect(heard).toEqual(['errand.begun', 'errand.advanced', 'errand.paused', 'errand.resumed', 'errand.ended']);
  const entries = (await h.box.audit.list()).toReversed().map(({ by, act, errandId, result }) => ({ by, act, errandId, result }));
  expect(entries.slice(0, 4)).toEqual([
    { by: 'ada', act: 'errands.retry', errandId: id, result: { state: 'stopped', done: 1_000, skipped: 0 } },
    { by: 'bob', act: 'errands.pause', errandId: id, result: { state: 'paused', done: 1_000 } },
    { by: 'code', act: 'errands.resume', errandId: id, result: { state: 'running', done: 1_000 } },
    { by: 'code', act: 'errands.stop', errandId: id, result: { state: 'stopped', done: 1_000 } },
  ]);
});

test('the audit has the filter and the outcome of an errand, whichever process ends it', async () => {
  await using h = await operated();
  await h.emit(1);
  const { id } = await h.box.errands.begin({ act: 'cancel', filter: { receiver: 'Books.onPaid' }, by: 'ada' });
  expect(await h.box.audit.list()).toMatchObject([{ errandId: id, result: undefined }]);
  await h.another().errands.work(id);
  expect(await h.box.audit.list()).toMatchObject([
    {
      by: 'ada',
      act: 'errands.cancel',
      about: { filter: { receiver: 'Books.onPaid', states: ['ready', 'running'] }, because: 'Cancelled by an operator.' },
      result: { state: 'done', done: 1, skipped: 0 },
      errandId: id,
    },
  ]);
});

test('a worker carries errands on by itself', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'dead', 1_200);
  const { id } = await h.box.errands.begin({ act: 'retry', filter: {} });
  const ended = h.box.next('errand.ended');
  const worker = h.box.worker();
  await worker.start();
  try {
    await inTime(ended, 'the errand');
  } finally {
    await worker.stop();
  }
  expect(await ended).toMatchObject({ errandId: id, state: 'done', done: 1_200 });
});

test('what cannot be meant is refused', async () => {
  await using h = await operated();
  const { errands } = h.box;
  const refused: [object, string][] = [
    [{ act: 'retry' }, 'filter'],
    [{ act: 'retry', filter: { receiver: undefined } }, 'receiver is undefined'],
    [{ act: 'retry', filter: { states: ['completed'] } }, 'retry cannot change deliveries that are completed'],
    [{ act: 'replay', filter: { states: ['ready'] } }, 'replay cannot change'],
    [{ act: 'cancel', filter: { states: ['cancelled'] } }, 'cancel cannot change'],
    [{ act: 'cancel', filter: {}, over: '1m' }, 'over is for retry and replay, and not for cancel'],
    [{ act: 'retry', filter: {}, because: 'why' }, 'because is for cancel'],
    [{ act: 'retry', filter: {}, by: 'a\nb' }, 'the name of an operator'],
    [{ act: 'move', filter: {} }, "'retry', 'replay' or 'cancel'"],
  ];
  for (const [request, message] of refused) await expect(errands.begin(request as never)).rejects.toThrow(message);
  await expect(errands.work('00000000-0000-0000-0000-000000000000')).rejects.toMatchObject({ code: 'ErrandNotFound' });
  await expect(errands.get('one')).rejects.toMatchObject({ code: 'InvalidOption' });
  expect(await errands.get('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  expect(await h.box.audit.list()).toEqual([]);
});

test('errands are listed with the latest first, a page at a time', async () => {
  await using h = await operated();
  const ids: string[] = [];
  for (const receiver of ['A.a', 'B.b', 'C.c']) ids.unshift((await h.box.errands.begin({ act: 'retry', filter: { receiver } })).id);
  expect((await h.box.errands.list()).map(({ id }) => id)).toEqual(ids);
  expect((await h.box.errands.list({ limit: 1, beforeId: ids[0]! })).map(({ id }) => id)).toEqual([ids[1]]);
});

test('a preview counts what an errand would be about, in the states of its act, and shows five', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await fill(h, 'Books.onPaid', 'dead', 1_200);
  await fill(h, 'Books.onPaid', 'completed', 7);
  await fill(h, 'Mails.onPaid', 'completed', 3);
  const filter = { receiver: 'Books.onPaid' };
  const retry = await h.box.errands.preview({ act: 'retry', filter });
  expect(retry).toMatchObject({ count: 1_000, more: true });
  expect(retry.samples.map(({ receiver, state }) => [receiver, state])).toEqual(upTo(5).map(() => ['Books.onPaid', 'dead']));
  const replay = await h.box.errands.preview({ act: 'replay', filter });
  expect([replay.count, replay.more, replay.samples.length]).toEqual([7, false, 5]);
  const { id } = await h.box.errands.begin({ act: 'replay', filter });
  expect(await h.box.errands.work(id)).toMatchObject({ done: replay.count });
  await expect(h.box.errands.preview({ act: 'retry', filter: { states: ['completed'] } })).rejects.toThrow('retry cannot change');
  expect(await h.box.audit.list({ limit: 1 })).toMatchObject([{ errandId: id }]);
});

test('an errand that looks for what is redacted is refused: what it comes to would tell it', async () => {
  await using h = await harness({ redact: { payload: ['card'] } });
  const filter = { payload: { path: 'card', value: '4111' } };
  for (const act of ['retry', 'cancel'] as const)
    await expect(h.box.errands.begin({ act, filter })).rejects.toMatchObject({ code: 'InvalidOption' });
  await expect(h.box.errands.preview({ act: 'retry', filter })).rejects.toMatchObject({ code: 'InvalidOption' });
  expect([await h.box.errands.list(), await h.box.audit.list()]).toEqual([[], []]);
});
