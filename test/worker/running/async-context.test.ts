// The async context (AsyncLocalStorage) of the application's code: receivers and listeners run in one of their own,
// wherever the worker was started and the signal was emitted; afterCommit callbacks run in the context of their
// registration.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type BatchItem, Db, defineSignal, type DeliveryContext, OnSignal, Service } from '../../../src/index.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const request = new AsyncLocalStorage<string>();
const happened = defineSignal('context.happened', z.object({ value: z.number() }));
const followed = defineSignal('context.followed', z.object({}));

/** The places that have seen the request. */
let seen: string[] = [];
const see = (where: string): void => void seen.push(`${where}: ${request.getStore()}`);

/** Reads the context at once, and after each way in which a context is propagated. */
async function look(where: string): Promise<void> {
  see(where);
  await Promise.resolve();
  see(where);
  await new Promise((resolve) => setTimeout(resolve, 1));
  see(where);
}

@Service()
class Clock {
  readonly ticked: Promise<void>;

  constructor() {
    see('constructor');
    this.ticked = look('constructor');
  }
}

@Service({ inject: [Clock, Db] })
class Receiving {
  readonly #clock: Clock;
  readonly #db: Db;

  constructor(clock: Clock, db: Db) {
    this.#clock = clock;
    this.#db = db;
  }

  @OnSignal(happened)
  async transactional(_payload: object, { tx }: DeliveryContext): Promise<void> {
    await this.#clock.ticked;
    await look('transactional');
    await followed.emitReliable(tx, {});
    await this.#db.transaction(async () => look('savepoint'));
    // A tracing library does this. The entered store must not reach the next delivery.
    request.enterWith('a receiver');
  }

  @OnSignal(happened, { transactional: false })
  async detached(): Promise<void> {
    await look('detached');
    request.enterWith('a receiver');
  }

  @OnSignal(happened, { batch: 10 })
  async batch(_items: BatchItem<object>[]): Promise<void> {
    await look('batch');
    request.enterWith('a receiver');
  }

  @OnSignal(followed)
  async followed(): Promise<void> {
    await look('followed');
  }
}

const EVENTS = ['delivery.started', 'delivery.completed', 'worker.started', 'worker.idle', 'worker.stopping', 'worker.stopped'] as const;

function listen({ box }: Harness): void {
  for (const event of EVENTS)
    box.on(event, () => {
      see(event);
      // The receiver of the starting run must see this store: see below.
      if (event !== 'delivery.started') request.enterWith('a listener');
    });
}

async function emit(h: Harness, times = 3): Promise<void> {
  await request.run('the sender', () =>
    h.db.transaction(async (tx) => {
      await happened.emitMany(
        tx,
        Array.from({ length: times }, (_, value) => ({ value })),
      );
    }),
  );
}

const PLACES = ['constructor', 'transactional', 'savepoint', 'detached', 'batch', 'followed'];

/** Asserts that everything was called, and nothing saw a request. */
function expectNothingSeen(...more: string[]): void {
  expect(new Set(seen)).toEqual(new Set([...PLACES, ...more].map((where) => `${where}: undefined`)));
}

test('a worker runs receivers, listeners and constructors outside the contexts of its start, its stop, and the emit', async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  listen(h);
  const worker = request.run('the starter', () => h.box.worker({ concurrency: 2 }));
  const idle = h.box.next('worker.idle');
  await request.run('the starter', () => worker.start());
  await idle;
  let left = 3 * 3 + 3;
  const done = new Latch();
  h.box.on('delivery.completed', () => void (--left === 0 && done.open()));
  await emit(h);
  await done.opened;
  await request.run('the stopper', () => worker.stop());
  expectNothingSeen(...EVENTS);
});

test.each([
  ['drain', (h: Harness) => h.box.drain()],
  [
    'tick',
    async (h: Harness) => {
      for (let tick = 0; tick < 20 && (await h.box.worker().tick()).completed > 0; tick++);
    },
  ],
])('%s runs receivers and listeners outside the context of its caller', async (_name, run) => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  listen(h);
  await emit(h);
  await request.run('the caller', () => run(h));
  expectNothingSeen('delivery.started', 'delivery.completed');
});

test("immediate mode hides the sender's context from receivers, as a worker does, and their emissions join the run", async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving], testing: 'immediate' });
  listen(h);
  await emit(h);
  expectNothingSeen('delivery.started', 'delivery.completed');
  expect(seen.filter((line) => line.startsWith('followed'))).toHaveLength(3 * 3);
});

test('the services of a box are made outside the context of their first user', async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  await request.run('a request', () => h.box.get(Clock).ticked);
  expect(new Set(seen)).toEqual(new Set(['constructor: undefined']));
});

test('a store that a listener of delivery.started enters is visible to the receiver of that run, and to no other', async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  let runs = 0;
  h.box.on('delivery.started', ({ receiver }) => receiver !== 'Receiving.batch' && request.enterWith(`run ${++runs} of ${receiver}`));
  const worker = h.box.worker({ concurrency: 1 });
  await worker.start();
  let left = 3 * 3 + 3;
  const done = new Latch();
  h.box.on('delivery.completed', () => void (--left === 0 && done.open()));
  await emit(h);
  await done.opened;
  await worker.stop();
  const own = seen.filter((line) => !/^(batch|constructor)/.test(line));
  // Each run reads three times; `transactional` once more in a savepoint. No run sees the store of another.
  expect(new Set(own.map((line) => line.replace(/run \d+ /, '')))).toEqual(
    new Set([
      'transactional: of Receiving.transactional',
      'savepoint: of Receiving.transactional',
      'detached: of Receiving.detached',
      'followed: of Receiving.followed',
    ]),
  );
  expect(new Set(own).size).toBe(3 * 2 + 3 + 3);
  // The listener enters nothing for a batch, which follows other runs in the only slot.
  expect(new Set(seen.filter((line) => line.startsWith('batch')))).toEqual(new Set(['batch: undefined']));
});

test('an abort signal fires outside the context of the code that stops the worker', async () => {
  seen = [];
  const entered = new Latch();
  const waiting = defineSignal('context.waiting', z.object({}));
  class Waiting {
    @OnSignal(waiting, { transactional: false })
    static async receive(_payload: object, { abortSignal }: { abortSignal: AbortSignal }): Promise<void> {
      await new Promise<void>((resolve) => {
        abortSignal.addEventListener('abort', () => {
          see('abort');
          resolve();
        });
        entered.open();
      });
    }
  }
  await using h = await harness({ services: [Waiting] });
  const worker = h.box.worker();
  await worker.start();
  await h.db.transaction(async (tx) => void (await waiting.emitReliable(tx, {})));
  await entered.opened;
  await request.run('the stopper', () => worker.stop({ force: true }));
  expect(seen).toEqual(['abort: undefined']);
});

test('an afterCommit callback runs in the context in which it was registered', async () => {
  seen = [];
  await using h = await harness();
  await request.run('outer', () =>
    h.db.transaction(async (tx) => {
      h.box.afterCommit(() => look('first'));
      await request.run('inner', () => tx.transaction(async () => h.box.afterCommit(() => look('second'))));
      h.box.afterCommit(tx, () => see('third'));
    }),
  );
  const thrice = (line: string): string[] => [line, line, line];
  expect(seen).toEqual([...thrice('first: outer'), ...thrice('second: inner'), 'third: outer']);
});

test('emit and emitRobust are calls: their receivers see the context of the caller', async () => {
  seen = [];
  class Here {
    @OnSignal(happened)
    static async receive(): Promise<void> {
      await look('here');
    }
  }
  await using h = await harness({ services: [Here] });
  await request.run('the caller', async () => {
    await happened.emit(h.db, { value: 1 });
    await happened.emitRobust(h.db, { value: 1 });
  });
  expect(new Set(seen)).toEqual(new Set(['here: the caller']));
});
