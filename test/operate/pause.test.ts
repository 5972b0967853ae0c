// Pauses of receivers and queues: what waits, what goes on, and which rows of the catalogue a pause is about.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type SignalboxOptions } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { type Database, harness, type Harness } from '../support/harness.ts';
import { addDelivery, addReceiver, openStore } from '../store/rows.ts';
import { Latch } from '../support/latch.ts';
import { inTime } from '../support/in-time.ts';

const paid = defineSignal('pause.paid', z.object({ value: z.number() }));

interface Seen {
  readonly mails: number[];
  readonly books: number[];
}

/** Two receivers of a signal, one of them in a queue of its own. */
function services(): { readonly seen: Seen; readonly options: Partial<SignalboxOptions<Database>> } {
  const seen: Seen = { mails: [], books: [] };
  class Mails {
    @OnSignal(paid, { queue: 'mail' })
    static async onPaid({ value }: { value: number }): Promise<void> {
      seen.mails.push(value);
    }
  }
  class Books {
    @OnSignal(paid)
    static async onPaid({ value }: { value: number }): Promise<void> {
      seen.books.push(value);
    }
  }
  return { seen, options: { services: [Mails, Books] } };
}

const emit = async ({ db }: Pick<Harness, 'db'>, ...values: number[]): Promise<void> => {
  await db.transaction(async (tx) => {
    await paid.emitMany(
      tx,
      values.map((value) => ({ value })),
    );
  });
};

test('the deliveries of a paused receiver wait without an attempt, those of others run, and all run when it is resumed', async () => {
  const { seen, options } = services();
  await using h = await harness(options);
  await emit(h, 1);
  expect(await h.box.receivers.pause('Mails.onPaid')).toBe(true);
  expect(await h.box.receivers.pause('Mails.onPaid')).toBe(false);
  await emit(h, 2);
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(await h.box.worker().tick()).toMatchObject({ completed: 0 });
  expect(await h.sql`select state, attempt, epoch from signalbox.delivery`).toEqual(
    [1, 2].map(() => ({ state: 'ready', attempt: 0, epoch: 0 })),
  );
  expect(await h.box.receivers.resume('Mails.onPaid')).toBe(true);
  expect(await h.box.receivers.resume('Mails.onPaid')).toBe(false);
  await h.box.drain();
  expect(seen.mails.toSorted((a, b) => a - b)).toEqual([1, 2]);
  expect(seen.books.toSorted((a, b) => a - b)).toEqual([1, 2]);
});

test('paused queues are listed by their names, whichever was paused first', async () => {
  await using h = await harness(services().options);
  await h.box.receivers.announce();
  for (const name of ['mail', 'default']) await h.box.queues.pause(name);
  expect((await h.box.queues.paused()).map(({ name }) => name)).toEqual(['default', 'mail']);
});

test('a receiver that is resumed leaves the others paused', async () => {
  const { options } = services();
  await using h = await harness(options);
  await h.box.receivers.announce();
  for (const name of ['Mails.onPaid', 'Books.onPaid']) await h.box.receivers.pause(name);
  await h.box.receivers.resume('Mails.onPaid');
  expect(await h.sql`select name from signalbox.receiver where paused_at is not null`).toEqual([{ name: 'Books.onPaid' }]);
});

test('a paused queue pauses its receivers, also one that joins it later, and none that has left it', async () => {
  const { seen, options } = services();
  await using h = await harness(options);
  await emit(h, 1);
  expect(await h.box.queues.pause('mail', { by: 'ada' })).toBe(true);
  expect(await h.box.queues.pause('mail')).toBe(false);
  expect(await h.box.queues.paused()).toEqual([{ name: 'mail', pausedAt: expect.any(Date) as Date }]);
  await h.box.drain();
  expect(seen).toEqual({ mails: [], books: [1] });

  const moved: Seen = { mails: [], books: [] };
  class Mails {
    @OnSignal(paid)
    static async onPaid({ value }: { value: number }): Promise<void> {
      moved.mails.push(value);
    }
  }
  class Books {
    @OnSignal(paid, { queue: 'mail' })
    static async onPaid({ value }: { value: number }): Promise<void> {
      moved.books.push(value);
    }
  }
  const later = h.another({ services: [Mails, Books] });
  await later.receivers.announce();
  await emit(h, 2);
  await later.drain();
  expect(moved).toEqual({ mails: [1, 2], books: [] });
  expect(await later.queues.resume('mail')).toBe(true);
  expect(await later.queues.resume('mail')).toBe(false);
  await later.drain();
  expect(moved).toEqual({ mails: [1, 2], books: [2] });
});

test('a receiver is announced into a queue while that is paused: whichever commits first, it is paused', async () => {
  const { options } = services();
  await using h = await harness(options);
  await h.box.receivers.announce();
  const seen: number[] = [];
  const other = h.another({ services: [] });
  other.receivers.connect(paid, ({ value }) => void seen.push(value), { name: 'Late.onPaid', queue: 'mail' });
  // The transaction of a sender announces, and is open while the queue is paused.
  const emitted = new Latch();
  const paused = new Latch();
  const sending = other.db.transaction(async (tx) => {
    await paid.emitReliable(tx, { value: 1 });
    emitted.open();
    await paused.opened;
  });
  await emitted.opened;
  expect(await h.box.queues.pause('mail')).toBe(true);
  paused.open();
  await sending;
  await other.drain();
  expect(seen).toEqual([]);
  await h.box.queues.resume('mail');
  await other.drain();
  expect(seen).toEqual([1]);
});

test('a receiver is paused under all its names, and for the deliveries of each', async () => {
  const seen: string[] = [];
  await using h = await harness({ services: [] });
  const box = (name: string, formerly: string[] = []) => {
    const made = h.another({ services: [] });
    made.receivers.connect(paid, () => void seen.push(name), { name, formerly });
    return made;
  };
  const send = async ({ db }: { db: Harness['box']['db'] }): Promise<void> => {
    await db.transaction(async (tx) => {
      await paid.emitReliable(tx, { value: 1 });
    });
  };
  // Two receivers with deliveries under an id of their own each, which become one.
  const old = box('Old.onPaid');
  await send(old);
  const separate = box('New.onPaid');
  await send(separate);
  expect(await readDeliveries(h.sql)).toHaveLength(3);
  await h.box.receivers.pause('Old.onPaid');
  await old.drain();
  expect(seen).toEqual([]);
  const joined = box('New.onPaid', ['Old.onPaid']);
  await joined.receivers.announce();
  await joined.drain();
  expect(seen).toEqual([]);
  await h.box.receivers.resume('New.onPaid');
  await h.box.receivers.pause('New.onPaid');
  await joined.drain();
  expect(seen).toEqual([]);
  await h.box.receivers.resume('Old.onPaid');
  await joined.drain();
  expect(seen).toHaveLength(3);
});

test('a receiver that is joined with a former name stays paused, also where the pause is of the newer row', async () => {
  await using h = await harness({ services: [] });
  const seen: string[] = [];
  const former = h.another({ services: [] });
  former.receivers.connect(paid, () => void seen.push('former'), { name: 'Former.onPaid' });
  await emit({ db: former.db }, 1);
  const later = h.another({ services: [] });
  later.receivers.connect(paid, () => void seen.push('later'), { name: 'Later.onPaid' });
  await later.receivers.announce();
  await h.box.receivers.pause('Later.onPaid');
  const joined = h.another({ services: [] });
  joined.receivers.connect(paid, () => void seen.push('joined'), { name: 'Later.onPaid', formerly: ['Former.onPaid'] });
  await joined.receivers.announce();
  await joined.drain();
  expect(seen).toEqual([]);
  await h.box.receivers.resume('Former.onPaid');
  await joined.drain();
  expect(seen).toEqual(['joined']);
});

test('a suspect of a paused receiver is not what a worker has to be idle for', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql, 'A.receive');
  await addDelivery(h.sql, receiver);
  await h.sql`update signalbox.delivery set crashes = 9`;
  const waits = (): Promise<boolean> => h.store.deliveries.hasSuspect([{ receiverId: receiver, free: 1, version: 1 }]);
  expect(await waits()).toBe(true);
  await h.store.pause.pauseReceiver('A.receive');
  expect(await waits()).toBe(false);
});

test('a renamed receiver is in the queue under which it was announced last, and not in that of its former name', async () => {
  await using h = await harness({ services: [] });
  const seen: string[] = [];
  const old = h.another({ services: [] });
  old.receivers.connect(paid, () => void seen.push('old'), { name: 'Old.onPaid', queue: 'mail' });
  await emit({ db: old.db }, 1);
  await h.box.queues.pause('mail');
  const renamed = h.another({ services: [] });
  renamed.receivers.connect(paid, () => void seen.push('renamed'), { name: 'New.onPaid', formerly: ['Old.onPaid'] });
  await renamed.receivers.announce();
  await renamed.drain();
  expect(seen).toEqual(['renamed']);
});

test('a paused worker-run delivery goes on; what was claimed ahead of the pause is not started, and costs no attempt', async () => {
  const gate = new Latch();
  const begun: number[] = [];
  class Slow {
    @OnSignal(paid)
    static async onPaid({ value }: { value: number }): Promise<void> {
      begun.push(value);
      if (value === 200) await gate.opened;
    }
  }
  await using h = await harness({ services: [Slow] });
  await emit(h, ...Array.from({ length: 400 }, (_, index) => index));
  const worker = h.box.worker({ concurrency: 1, pollInterval: '1h' });
  await worker.start();
  const running = async (): Promise<number> => (await h.sql`select from signalbox.delivery where state = 'running'`).length;
  // Quick ones made it claim ahead, behind the slow one.
  await expect.poll(() => begun.at(-1), { timeout: 10_000 }).toBe(200);
  await expect.poll(running).toBeGreaterThan(1);
  await h.box.receivers.pause('Slow.onPaid');
  // The only slot is taken, so no other one begins meanwhile.
  const before = begun.length;
  // Its patience is over with what waits for the slot, whatever wakes the worker.
  const claimedAt = performance.now();
  await expect.poll(() => performance.now() - claimedAt, { timeout: 10_000 }).toBeGreaterThan(900);
  gate.open();
  await expect.poll(running, { timeout: 10_000 }).toBe(0);
  expect(begun).toHaveLength(before);
  expect(await h.sql`select distinct state, attempt from signalbox.delivery`).toEqual([{ state: 'ready', attempt: 0 }]);
  const completed = h.box.next('delivery.completed');
  await h.box.receivers.resume('Slow.onPaid');
  await inTime(completed, 'a delivery of the resumed receiver');
  await worker.stop();
});

test.each<[string, (box: Harness['box']) => Record<'pause' | 'resume', () => Promise<boolean>>]>([
  ['queue', ({ queues }) => ({ pause: () => queues.pause('mail'), resume: () => queues.resume('mail') })],
  ['receiver', ({ receivers }) => ({ pause: () => receivers.pause('Mails.onPaid'), resume: () => receivers.resume('Mails.onPaid') })],
])('a resumed %s wakes a worker that sleeps', async (_what, of) => {
  const { options } = services();
  await using h = await harness(options);
  const mail = of(h.box);
  await h.box.receivers.announce();
  await mail.pause();
  await h.box.queues.pause('default');
  await h.box.queues.resume('default');
  const worker = h.box.worker({ pollInterval: '1h' });
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  const books = h.box.next('delivery.completed');
  const idleAgain = h.box.next('worker.idle');
  await emit(h, 1);
  expect(await books).toMatchObject({ receiver: 'Books.onPaid' });
  // Else it would look once more by itself.
  await idleAgain;
  const mails = h.box.next('delivery.completed');
  await mail.resume();
  expect(await inTime(mails, 'the delivery of what was resumed')).toMatchObject({ receiver: 'Mails.onPaid' });
  await worker.stop();
});

test('a suspect of a paused receiver waits, and keeps no worker from the others', async () => {
  const { seen, options } = services();
  await using h = await harness(options);
  await emit(h, 1);
  await h.box.receivers.pause('Mails.onPaid');
  await h.sql`update signalbox.delivery set crashes = 2 where receiver_id = (select id from signalbox.receiver where name = 'Mails.onPaid')`;
  await h.box.drain();
  const worker = h.box.worker({ concurrency: 2, pollInterval: '50ms' });
  await worker.start();
  await emit(h, 2);
  await expect.poll(() => seen.books, { timeout: 10_000 }).toEqual([1, 2]);
  await worker.stop();
  expect(seen.mails).toEqual([]);
  await h.box.receivers.resume('Mails.onPaid');
  await h.box.drain();
  expect(seen.mails.toSorted((a, b) => a - b)).toEqual([1, 2]);
});

test('immediate mode leaves the deliveries of a paused receiver to wait', async () => {
  const { seen, options } = services();
  await using h = await harness({ ...options, testing: 'immediate' });
  await h.box.receivers.announce();
  await h.box.receivers.pause('Mails.onPaid');
  await emit(h, 1);
  expect(seen).toEqual({ mails: [], books: [1] });
});

test('each pause is an event and an entry of the audit, written before and completed after', async () => {
  const { options } = services();
  await using h = await harness(options);
  await h.box.receivers.announce();
  const heard: object[] = [];
  h.box.on('*', ({ name, event }) => void heard.push({ name, ...event, at: undefined }));
  await h.box.receivers.pause('Mails.onPaid', { by: 'ada' });
  await h.box.receivers.pause('Mails.onPaid', { by: 'bob' });
  await h.box.receivers.resume('Mails.onPaid');
  await h.box.queues.pause('mail', { by: 'ada' });
  await h.box.queues.resume('mail', { by: 'ada' });
  expect(heard).toEqual([
    { name: 'operator.paused', receiver: 'Mails.onPaid', queue: '', by: 'ada', at: undefined },
    { name: 'operator.resumed', receiver: 'Mails.onPaid', queue: '', by: 'code', at: undefined },
    { name: 'operator.paused', receiver: '', queue: 'mail', by: 'ada', at: undefined },
    { name: 'operator.resumed', receiver: '', queue: 'mail', by: 'ada', at: undefined },
  ]);
  await expect(h.box.receivers.pause('Mails.onPayed', { by: 'ada' })).rejects.toMatchObject({ code: 'ReceiverNotFound' });
  await expect(h.box.queues.pause('mails')).rejects.toMatchObject({ code: 'QueueNotFound' });
  await expect(h.box.queues.resume('mails')).rejects.toMatchObject({ code: 'QueueNotFound' });
  expect((await h.box.audit.list()).map(({ by, act, about, result }) => ({ by, act, about, result })).toReversed()).toEqual([
    { by: 'ada', act: 'receivers.pause', about: { receiver: 'Mails.onPaid' }, result: { changed: true } },
    { by: 'bob', act: 'receivers.pause', about: { receiver: 'Mails.onPaid' }, result: { changed: false } },
    { by: 'code', act: 'receivers.resume', about: { receiver: 'Mails.onPaid' }, result: { changed: true } },
    { by: 'ada', act: 'queues.pause', about: { queue: 'mail' }, result: { changed: true } },
    { by: 'ada', act: 'queues.resume', about: { queue: 'mail' }, result: { changed: true } },
    { by: 'ada', act: 'receivers.pause', about: { receiver: 'Mails.onPayed' }, result: { error: 'ReceiverNotFound' } },
    { by: 'code', act: 'queues.pause', about: { queue: 'mails' }, result: { error: 'QueueNotFound' } },
    { by: 'code', act: 'queues.resume', about: { queue: 'mails' }, result: { error: 'QueueNotFound' } },
  ]);
});
