// box.receivers.move and retire: where the deliveries of a receiver go whose code has gone.
import { expect, test } from 'vitest';
import { inTime } from '../support/in-time.ts';
import { Latch } from '../support/latch.ts';
import { fill, operated, type Operated, paid, upTo } from './errands.ts';

/** A receiver `Old.onPaid` that some other program had, with the deliveries of `values`. */
async function old(h: Operated, ...values: number[]) {
  const box = h.another({ services: [] });
  box.receivers.connect(paid, () => {}, { name: 'Old.onPaid', retry: { attempts: 1 } });
  await box.receivers.announce();
  if (values.length > 0)
    await box.db.transaction(async (tx) => {
      await paid.emitMany(
        tx,
        values.map((value) => ({ value })),
      );
    });
  return box;
}

test('move gives what waits and what is dead to another receiver, with its keys and its errors', async () => {
  await using h = await operated();
  // Emitted while Books was not there.
  const box = await old(h, 1, 2);
  await h.sql`
    with gone as (delete from signalbox.delivery where id = (select min(id) from signalbox.delivery) returning *)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, 'dead', 1, 1, 0, now() from gone`;
  await h.sql`
    insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
    select id, emission_id, receiver_id, 1, 1, '{"name":"Error","message":"broken"}', now() from signalbox.settled`;
  await h.box.receivers.announce();
  const before =
    await h.sql`select id, emission_id from signalbox.delivery union all select id, emission_id from signalbox.settled order by 1`;
  const errand = await h.box.receivers.move('Old.onPaid', 'Books.onPaid', { by: 'ada' });
  expect(errand).toMatchObject({ act: 'move', to: 'Books.onPaid', by: 'ada' });
  expect(await h.box.errands.work(errand.id)).toMatchObject({ state: 'done', done: 2 });
  expect(await h.rows()).toEqual({ 'Books.onPaid dead 0': 1, 'Books.onPaid ready 0': 1 });
  expect(
    await h.sql`select id, emission_id from signalbox.delivery union all select id, emission_id from signalbox.settled order by 1`,
  ).toEqual(before);
  expect(await h.sql`select r.name from signalbox.delivery_error x join signalbox.receiver r on r.id = x.receiver_id`).toEqual([
    { name: 'Books.onPaid' },
  ]);
  await h.box.drain();
  expect(h.control.runs).toMatchObject([{ receiver: 'Books', value: 2, replayed: false }]);
  expect(box).toBeDefined();
  expect((await h.box.audit.list())[0]).toMatchObject({
    act: 'errands.move',
    about: { filter: { receiver: 'Old.onPaid' }, to: 'Books.onPaid' },
  });
});

test('where the other receiver has a delivery of its own, live or settled, the moved one ends as cancelled, so that nothing is received twice', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  await old(h, 1, 2, 3);
  await h.sql`
    with gone as (delete from signalbox.delivery d using signalbox.receiver r where r.id = d.receiver_id and (r.name, d.emission_id) in
      (select 'Books.onPaid', e.id from signalbox.emission e where e.payload ->> 'value' = '2' union all
       select 'Old.onPaid', e.id from signalbox.emission e where e.payload ->> 'value' = '3') returning d.*)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, 'dead', 1, 1, 0, now() from gone`;
  const { id } = await h.box.receivers.move('Old.onPaid', 'Books.onPaid');
  expect(await h.box.errands.work(id)).toMatchObject({ done: 3 });
  expect(await h.rows()).toEqual({
    'Books.onPaid dead 0': 1,
    'Books.onPaid ready 0': 2,
    'Mails.onPaid ready 0': 3,
    'Old.onPaid cancelled 0': 3,
  });
  await h.box.drain();
  expect(h.control.runs.filter(({ receiver }) => receiver === 'Books').map(({ value }) => value)).toEqual([1, 3]);
  const reasons = await h.sql`select distinct error ->> 'message' as message from signalbox.delivery_error`;
  expect(reasons).toEqual([{ message: 'Moved to Books.onPaid, which has its own delivery of this emission.' }]);
});

test('dead: false leaves dead ones where they are', async () => {
  await using h = await operated();
  await old(h);
  await fill(h, 'Old.onPaid', 'dead', 2);
  await fill(h, 'Old.onPaid', 'ready', 2);
  await h.box.receivers.announce();
  const { id } = await h.box.receivers.move('Old.onPaid', 'Books.onPaid', { dead: false });
  await h.box.errands.work(id);
  expect(await h.rows()).toEqual({ 'Books.onPaid ready 0': 2, 'Old.onPaid dead 0': 2 });
});

test('a delivery that runs is moved when it waits again, in another pass', async () => {
  await using h = await operated();
  const gate = new Latch();
  const running = new Latch();
  const box = h.another({ services: [] });
  box.receivers.connect(
    paid,
    async ({ value }) => {
      if (value !== 1) return;
      running.open();
      await gate.opened;
      throw new Error('later');
    },
    { name: 'Old.onPaid', retry: { attempts: 2 } },
  );
  await box.receivers.announce();
  await box.db.transaction(async (tx) => {
    await paid.emitReliable(tx, { value: 1 });
  });
  await h.box.receivers.announce();
  const run = box.worker().tick();
  await running.opened;
  const { id } = await h.box.receivers.move('Old.onPaid', 'Books.onPaid');
  const passes = new Latch();
  let batches = 0;
  h.box.on('errand.advanced', () => {
    if (++batches === 2) passes.open();
  });
  const worked = h.box.errands.work(id);
  await passes.opened;
  expect(await h.rows()).toEqual({ 'Old.onPaid running 0': 1 });
  gate.open();
  await run;
  expect(await worked).toMatchObject({ state: 'done', done: 1, skipped: 0 });
  expect(await h.rows()).toEqual({ 'Books.onPaid ready 0': 1 });
});

test('a move that could not be run is refused', async () => {
  await using h = await operated();
  await h.box.receivers.announce();
  const { receivers } = h.box;
  await expect(receivers.move('Old.onPaid', 'Books.onPaid')).rejects.toMatchObject({ code: 'ReceiverNotFound' });
  await expect(receivers.move('Books.onPaid', 'Bucks.onPaid')).rejects.toMatchObject({ code: 'ReceiverNotFound' });
  await expect(receivers.move('Books.onPaid', 'Books.onPaid')).rejects.toThrow('names of one receiver');
  await h.sql`insert into signalbox.receiver (name, signal, queue, priority) values ('Books.onPaid', 'errands.other', 'default', 0)`;
  await expect(receivers.move('Books.onPaid', 'Mails.onPaid')).rejects.toThrow('Mails.onPaid does not receive errands.other');
  await expect(receivers.move('Books.onPaid', 'Mails.onPaid', { ded: true } as never)).rejects.toMatchObject({ code: 'InvalidOption' });
  expect(await h.box.errands.list()).toEqual([]);
});

test('a retired receiver gets nothing new, and what waits is kept; announced again, it is back', async () => {
  await using h = await operated();
  const box = await old(h, 1);
  const retired = h.box.next('operator.retired');
  expect(await h.box.receivers.retire('Old.onPaid', { by: 'ada' })).toEqual({ changed: true, errand: undefined });
  expect(await retired).toMatchObject({ receiver: 'Old.onPaid', by: 'ada' });
  expect(await h.box.receivers.retire('Old.onPaid')).toEqual({ changed: false, errand: undefined });
  await h.emit(2);
  expect(await h.rows()).toEqual({ 'Books.onPaid ready 0': 1, 'Mails.onPaid ready 0': 1, 'Old.onPaid ready 0': 1 });
  await expect(h.box.receivers.retire('Older.onPaid')).rejects.toMatchObject({ code: 'ReceiverNotFound' });
  await box.receivers.announce();
  await h.emit(3);
  expect(await h.rows()).toMatchObject({ 'Old.onPaid ready 0': 2 });
});

test('what waits for a retired receiver is cancelled if asked for, also what a sender stores late that had begun before', async () => {
  await using h = await operated();
  const box = await old(h, ...upTo(3));
  const stored = new Latch();
  const gate = new Latch();
  const sending = box.db.transaction(async (tx) => {
    await paid.emitReliable(tx, { value: 9 });
    stored.open();
    await gate.opened;
  });
  await stored.opened;
  const { errand } = await h.box.receivers.retire('Old.onPaid', { waiting: 'cancel' });
  const passes = new Latch();
  let batches = 0;
  h.box.on('errand.advanced', () => {
    if (++batches === 2) passes.open();
  });
  const worked = h.box.errands.work(errand!.id);
  try {
    await inTime(passes.opened, 'a pass after the first');
    expect(await h.rows()).toMatchObject({ 'Old.onPaid cancelled 0': 3 });
  } finally {
    gate.open();
    await sending;
  }
  expect(await worked).toMatchObject({ state: 'done', done: 4 });
  expect(await h.rows()).toMatchObject({ 'Old.onPaid cancelled 0': 4 });
});
