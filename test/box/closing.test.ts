// A box after close(): nothing new begins, running receivers may use the box until they end, and then every call is
// refused.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type Signalbox, Token } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('closing.happened', z.object({}));
const ANSWER = new Token<number>('answer');
const emissionId = '018f0000-0000-7000-8000-000000000000';

type Use = (box: Signalbox) => unknown;

/** Every method, by its place. */
const begins: Record<string, Use> = {
  worker: (box) => box.worker(),
  drain: (box) => box.drain(),
  migrate: (box) => box.migrate({ folder: 'migrations' }),
  'receivers.connect': (box) => box.receivers.connect(happened, () => {}, { name: 'late' }),
  repairSequences: (box) => box.repairSequences(),
  'receivers.announce': (box) => box.receivers.announce(),
  'framework.register': (box) => box.framework.register([]),
};
const goesOn: Record<string, Use> = {
  get: (box) => box.get(ANSWER),
  afterCommit: (box) => box.afterCommit(() => {}),
  on: (box) => box.on('delivery.dead', () => {}),
  next: (box) => box.next('delivery.dead', undefined),
  status: (box) => box.status(),
  'signals.list': (box) => box.signals.list(),
  'receivers.list': (box) => box.receivers.list(),
  'workers.list': (box) => box.workers.list(),
  'deliveries.page': (box) => box.deliveries.page(),
  'deliveries.count': (box) => box.deliveries.count(),
  'deliveries.groups': (box) => box.deliveries.groups(),
  'deliveries.get': (box) => box.deliveries.get('1'),
  'emissions.caused': (box) => box.emissions.caused(emissionId),
  'tallies.runs': (box) => box.tallies.runs(),
  'tallies.emits': (box) => box.tallies.emits(),
  'tallies.workers': (box) => box.tallies.workers(),
  'tallies.gauges': (box) => box.tallies.gauges(),
  healthHandler: (box) => box.healthHandler(),
  'emissions.get': (box) => box.emissions.get(emissionId),
  'deliveries.retry': (box) => box.deliveries.retry({ emissionId }),
  'deliveries.replay': (box) => box.deliveries.replay({ emissionId }),
  'deliveries.cancel': (box) => box.deliveries.cancel({ emissionId }),
  'emissions.settled': (box) => box.emissions.settled(emissionId),
  'receivers.has': (box) => box.receivers.has(happened),
  'receivers.pause': (box) => box.receivers.pause('A.receive'),
  'receivers.resume': (box) => box.receivers.resume('A.receive'),
  'receivers.move': (box) => box.receivers.move('A.receive', 'B.receive'),
  'receivers.retire': (box) => box.receivers.retire('A.receive'),
  'queues.pause': (box) => box.queues.pause('mail'),
  'queues.resume': (box) => box.queues.resume('mail'),
  'queues.paused': (box) => box.queues.paused(),
  'errands.begin': (box) => box.errands.begin({ act: 'retry', filter: {} }),
  'errands.preview': (box) => box.errands.preview({ act: 'retry', filter: {} }),
  'errands.list': (box) => box.errands.list(),
  'errands.get': (box) => box.errands.get(emissionId),
  'errands.pause': (box) => box.errands.pause(emissionId),
  'errands.resume': (box) => box.errands.resume(emissionId),
  'errands.stop': (box) => box.errands.stop(emissionId),
  'errands.work': (box) => box.errands.work(emissionId),
  'audit.list': (box) => box.audit.list(),
  prune: (box) => box.prune(),
  doctor: (box) => box.doctor(),
  erase: (box) => box.erase({ path: 'order', value: '1' }),
  'receivers.manifest': (box) => box.receivers.manifest(),
  'receivers.checkStored': (box) => box.receivers.checkStored(),
  'partitions.tend': (box) => box.partitions.tend({ every: 'week', keep: 4 }),
  'framework.adopt': (box) => box.framework.adopt({}),
};

const codeOf = async (use: Use, box: Signalbox): Promise<unknown> =>
  (async () => use(box))().then(
    () => 'fine',
    (error: { code?: string }) => error.code ?? error,
  );

const membersOf = (box: Signalbox): string[] => {
  const shelves = Object.entries(box).filter(([name, shelf]) => name !== 'db' && typeof shelf === 'object') as [string, object][];
  const methods = (of: object): string[] => Object.getOwnPropertyNames(Object.getPrototypeOf(of)).filter((name) => name !== 'constructor');
  return [...methods(box), ...shelves.flatMap(([name, shelf]) => methods(shelf).map((method) => `${name}.${method}`))];
};

/** Methods that need no open box, or are not part of its interface. */
const EXEMPT = [
  'close',
  'workers.health',
  'workers.make',
  'partitions.migration',
  'framework.check',
  'framework.warnOfForgotten',
  'errands.start',
  'errands.workOnAll',
  ...['record', 'begin', 'until', 'end'].map((name) => `audit.${name}`),
];

test('every method of a box is known here', async () => {
  await using h = await harness();
  expect([...Object.keys(begins), ...Object.keys(goesOn), ...EXEMPT].sort()).toEqual(membersOf(h.box).sort());
});

test('after close every method throws BoxClosed, except health, which reports it', async () => {
  await using h = await harness();
  await h.box.close();
  for (const [name, use] of Object.entries({ ...begins, ...goesOn })) expect([name, await codeOf(use, h.box)]).toEqual([name, 'BoxClosed']);
  expect(await h.box.workers.health()).toMatchObject({ ok: false, database: { ok: false, error: { code: 'BoxClosed' } } });
});

/** A box that cannot close yet: a receiver runs until `leave` is opened. */
async function closing(h: Harness, inside: () => unknown): Promise<{ leave: Latch; closed: Promise<void> }> {
  const [entered, leave] = [new Latch(), new Latch()];
  h.box.receivers.connect(
    happened,
    async () => {
      entered.open();
      await leave.opened;
      await inside();
    },
    { name: 'running', transactional: false },
  );
  await h.db.transaction(async (tx) => happened.emitReliable(tx, {}));
  await h.box.worker().start();
  await entered.opened;
  return { leave, closed: h.box.close() };
}

test('while close waits for a receiver, that receiver can use the box until it ends, and nothing new begins', async () => {
  await using h = await harness({ providers: [{ provide: ANSWER, useValue: 42 }] });
  const seen: unknown[] = [];
  const { leave, closed } = await closing(h, async () => {
    for (const [name, use] of Object.entries(begins)) seen.push([name, await codeOf(use, h.box)]);
    seen.push(h.box.get(ANSWER), (await h.box.deliveries.page()).deliveries.length, await h.box.receivers.has('closing.nothing'));
  });
  leave.open();
  await closed;
  expect(seen).toEqual([...Object.keys(begins).map((name) => [name, 'BoxClosed']), 42, 1, false]);
});

test('a second close waits for the first', async () => {
  await using h = await harness();
  const ended: string[] = [];
  const { leave, closed } = await closing(h, () => ended.push('receiver'));
  const second = h.box.close().then(() => ended.push('second close'));
  leave.open();
  await Promise.all([closed, second]);
  expect(ended).toEqual(['receiver', 'second close']);
});

test('a wait for an emission ends when the box is closed', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, { name: 'waiting' });
  const receipt = await h.db.transaction(async (tx) => happened.emitReliable(tx, {}));
  const settled = h.box.emissions.settled(receipt.emissionId);
  await h.box.close();
  await expect(settled).rejects.toMatchObject({ code: 'BoxClosed' });
});

test('receivers that a framework registered get nothing more after the undo, and can be registered again', async () => {
  class Late {
    @OnSignal(happened)
    static async receive(): Promise<void> {}
  }
  await using h = await harness();
  const emit = async (): Promise<number> => (await h.db.transaction(async (tx) => happened.emitReliable(tx, {}))).deliveries;
  const undo = h.box.framework.register([Late]);
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  await emit();
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  undo();
  await emit();
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  h.box.framework.register([Late]);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
});
