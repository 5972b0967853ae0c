// Which async context (AsyncLocalStorage) code of the application runs in: receivers and listeners in none but their own,
// wherever the worker was started and the signal was emitted; afterCommit callbacks in that of whoever registered them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type BatchItem, Db, defineSignal, type DeliveryContext, OnSignal, Service } from '../../../src/index.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const request = new AsyncLocalStorage<string>();
const happened = defineSignal('context.happened', z.object({ value: z.number() }));
const followed = defineSignal('context.followed', z.object({}));

/** What was seen of the request, by whom. */
let seen: string[] = [];
const see = (where: string): void => void seen.push(`${where}: ${request.getStore()}`);

/** Looks at once and after each way in which a context is carried on. */
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
    // As a library that traces does. It must not reach the next delivery.
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
      // Of the run that starts, the receiver is to see it: below.
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

/** Everything was called, and nothing saw a request. */
function expectNothingSeen(...more: string[]): void {
  expect(new Set(seen)).toEqual(new Set([...PLACES, ...more].map((where) => `${where}: undefined`)));
}

test('a worker runs receivers, listeners and constructors in no context of whoever started or stopped it, or emitted', async () => {
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
])('%s runs receivers and listeners in no context of its caller', async (_name, run) => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  listen(h);
  await emit(h);
  await request.run('the caller', () => run(h));
  expectNothingSeen('delivery.started', 'delivery.completed');
});

test('immediate mode shows receivers no context of the sender, as a worker would not, and what they emit joins the run', async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving], testing: 'immediate' });
  listen(h);
  await emit(h);
  expectNothingSeen('delivery.started', 'delivery.completed');
  expect(seen.filter((line) => line.startsWith('followed'))).toHaveLength(3 * 3);
});

test('the services of a box are made in no context of whoever asks for them first', async () => {
  seen = [];
  await using h = await harness({ services: [Clock, Receiving] });
  await request.run('a request', () => h.box.get(Clock).ticked);
  expect(new Set(seen)).toEqual(new Set(['constructor: undefined']));
});

test('what a listener of delivery.started enters is seen by the receiver of that run, and by no other', async () => {
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
  // Each run looks three times; `transactional` once more in a savepoint. None sees another's.
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

test('an abort signal fires in no context of whoever stops the worker', async () => {
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
