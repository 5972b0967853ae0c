// Extensions of a box: hooks around each kind of emit and each kind of call of a receiver; listeners, tasks and
// providers; and refused extensions.
import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type BatchItem,
  createSignalbox,
  Db,
  defineSignal,
  type DeliveryContext,
  Discard,
  type Extension,
  inject,
  isSignalboxError,
  OnSignal,
  provide,
  Service,
  Token,
} from '../../src/index.ts';
import { OWN_TASKS } from '../../src/maintenance/own-tasks.ts';
import { settingsOf } from '../../src/box/options.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';
import { recordingLogger } from '../support/log.ts';

const happened = defineSignal('extended.happened', z.object({ name: z.string() }));
const detached = defineSignal('extended.detached', z.object({ name: z.string() }));
const batched = defineSignal('extended.batched', z.object({ name: z.string() }));
type Happened = { name: string };

const tenants = new AsyncLocalStorage<string>();
const tenant = (): string => tenants.getStore() ?? 'nobody';

/** Carries the tenant of the sender to the receiver. */
const tenancy: Extension = {
  name: 'tenancy',
  aroundEmit: (_emission, next) => next({ tenant: tenant() }),
  aroundReceive: ({ deliveries }, next) => tenants.run(deliveries[0]!.emission.headers['tenant']!, next),
};

/** The values that receivers saw. */
const seen: string[] = [];

class Seeing {
  @OnSignal(happened, { retry: { attempts: 2 } })
  static async transactional({ name }: Happened, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: `${name} of ${tenant()}`, value: 1 });
    seen.push(`transactional ${name} of ${tenant()}`);
  }
  @OnSignal(detached, { transactional: false })
  static async detached({ name }: Happened): Promise<void> {
    await Promise.resolve();
    seen.push(`detached ${name} of ${tenant()}`);
  }
  @OnSignal(batched, { batch: 10 })
  static async batched(items: BatchItem<Happened>[]): Promise<void> {
    await Promise.resolve();
    seen.push(`batched ${items.map(({ payload }) => payload.name).join(' ')} of ${tenant()}`);
  }
}

const boom = new Error('boom');
const fail = async (): Promise<never> => {
  throw boom;
};

async function open(extensions: Extension[], options: Parameters<typeof harness>[0] = {}): Promise<Awaited<ReturnType<typeof harness>>> {
  seen.length = 0;
  const h = await harness({ services: [Seeing], extensions, ...options });
  await createEffects(h.sql);
  return h;
}

describe('around', () => {
  test('a header that an extension adds reaches each kind of receiver as its async context', async () => {
    await using h = await open([tenancy]);
    await tenants.run('acme', () =>
      h.db.transaction(async (tx) => {
        await happened.emitReliable(tx, { name: 'one' });
        await detached.emitReliable(tx, { name: 'two' });
        await batched.emitMany(tx, [{ name: 'three' }, { name: 'four' }]);
      }),
    );
    await h.box.drain();
    expect(seen.toSorted()).toEqual(['batched three four of acme', 'detached two of acme', 'transactional one of acme']);
    expect(await readEffects(h.sql)).toEqual(['one of acme:1']);
  });

  test('emits that store nothing have the header, too, and call their receivers through the extension', async () => {
    const told: string[] = [];
    const telling: Extension = {
      name: 'telling',
      aroundEmit: async ({ kind, signal, payloads }, next) => {
        told.push(`${kind} ${signal} ${JSON.stringify(payloads)} ${JSON.stringify(await next())}`);
      },
    };
    await using h = await open([telling, tenancy]);
    await tenants.run('acme', () => happened.emit(h.db, { name: 'one' }));
    expect(await tenants.run('acme', () => batched.emitRobust(h.db, { name: 'two' }))).toMatchObject([{ status: 'fulfilled' }]);
    expect(seen).toEqual(['transactional one of acme', 'batched two of acme']);
    expect(told).toEqual(['emit extended.happened [{"name":"one"}] []', 'emitRobust extended.batched [{"name":"two"}] []']);
  });

  test('immediate mode and workers call receivers through the extension', async () => {
    await using h = await open([tenancy], { testing: 'immediate' });
    await tenants.run('acme', () => h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' }))));
    expect(seen).toEqual(['transactional one of acme']);
    await using late = await open([tenancy]);
    const worker = late.box.worker();
    await worker.start();
    const completed = late.box.next('delivery.completed');
    await tenants.run('umbrella', () => late.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'two' }))));
    await completed;
    expect(seen).toEqual(['transactional two of umbrella']);
  });

  test('an emit that an extension refuses fails in the transaction of its sender, and fails that transaction if the error is not caught', async () => {
    await using h = await open([{ name: 'refusing', aroundEmit: fail }]);
    await expect(
      h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        void happened.emitReliable(tx, { name: 'one' });
      }),
    ).rejects.toThrow('boom');
    expect(await readEffects(h.sql)).toEqual([]);
    await h.db.transaction(async (tx) => {
      await tx.insert(effects).values({ receiver: 'sender', value: 1 });
      await happened.emitReliable(tx, { name: 'one' }).catch(() => {});
    });
    expect(await readEffects(h.sql)).toEqual(['sender:1']);
    await expect(happened.emit(h.db, { name: 'one' })).rejects.toThrow('boom');
    expect(await readDeliveries(h.sql)).toEqual([]);
  });

  test("headers that an extension adds must be texts, like the user's", async () => {
    await using h = await open([{ name: 'wrong', aroundEmit: (_emission, next) => next({ tenant: 7 as never }) }]);
    const emitting = h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    expect(isSignalboxError(await emitting.catch((error: unknown) => error), 'PayloadNotStorable')).toBe(true);
  });

  test.each([
    ['transactional', happened],
    ['detached', detached],
  ] as const)('an extension that prevents the call of a %s receiver costs no attempt, and the delivery waits', async (_kind, signal) => {
    await using h = await open([{ name: 'broken', aroundReceive: fail }]);
    const released: number[] = [];
    h.box.on('delivery.released', ({ attempt }) => released.push(attempt));
    await h.db.transaction(async (tx) => void (await signal.emitReliable(tx, { name: 'one' })));
    expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 0, dead: 0, released: 1 });
    expect(await h.box.drain({ ahead: '10s' })).toMatchObject({ dead: 0 });
    expect(released.length).toBeGreaterThan(2);
    expect(new Set(released)).toEqual(new Set([1]));
    expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
    expect(seen).toEqual([]);
  });

  test('in immediate mode the transaction call reports that', async () => {
    await using h = await open([{ name: 'broken', aroundReceive: fail }], { testing: 'immediate' });
    const emitting = h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    const error = (await emitting.catch((thrown: unknown) => thrown)) as { cause: unknown };
    expect(isSignalboxError(error, 'ReceiverFailed')).toBe(true);
    expect(isSignalboxError(error.cause, 'ExtensionFailed')).toBe(true);
  });

  test('an extension may throw the outcomes that a receiver may throw', async () => {
    const judging: Extension = {
      name: 'judging',
      aroundReceive: async () => {
        throw new Discard('not for us');
      },
    };
    await using h = await open([judging]);
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    expect(await h.box.drain()).toMatchObject({ cancelled: 1 });
  });

  test('an error of an extension after the receiver has returned fails the run: the writes are rolled back, and it counts as an attempt', async () => {
    await using h = await open([{ name: 'late', aroundReceive: async (_call, next) => (await next(), fail()) }]);
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    expect(await h.box.drain()).toMatchObject({ retrying: 1 });
    expect(seen).toEqual(['transactional one of nobody']);
    expect(await readEffects(h.sql)).toEqual([]);
    expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 1 }]);
  });

  test('an extension may write in the transaction of the run, through tx and through the ambient Db', async () => {
    const writing: Extension = {
      name: 'writing',
      aroundReceive: async ({ tx }, next) => {
        await tx!.insert(effects).values({ receiver: 'before', value: 1 });
        await next();
        await (h.box.db as unknown as typeof h.db).insert(effects).values({ receiver: 'after', value: 1 });
      },
    };
    await using h = await open([writing]);
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    expect(await h.box.drain()).toMatchObject({ completed: 1 });
    expect((await readEffects(h.sql)).toSorted()).toEqual(['after:1', 'before:1', 'one of nobody:1']);
  });
});

const GREETING = new Token<string>('greeting');
const OTHER = new Token<string>('other');

@Service()
class Greeter {
  readonly texts = [inject(GREETING), inject(OTHER)];
}

describe('beside the hooks', () => {
  test('an extension can provide injected values, and the providers of the box take precedence', async () => {
    const providing: Extension = {
      name: 'providing',
      providers: [provide(GREETING, { useValue: 'hello' }), provide(OTHER, { useValue: 'extension' })],
    };
    await using h = await harness({ services: [Greeter], extensions: [providing], providers: [provide(OTHER, { useValue: 'box' })] });
    expect(h.box.get(Greeter).texts).toEqual(['hello', 'box']);
  });

  test('its listeners get the events of the box until the box is closed', async () => {
    const heard: string[] = [];
    const listening: Extension = { name: 'listening', events: { 'delivery.completed': ({ receiver }) => heard.push(receiver) } };
    await using h = await open([listening]);
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { name: 'one' })));
    await h.box.drain();
    expect(heard).toEqual(['Seeing.transactional']);
  });

  test('a box without a log has no listeners', () => {
    const db = drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') });
    expect(settingsOf({ db, log: false }).extensions.listeners).toEqual([]);
    expect(settingsOf({ db, log: recordingLogger().log }).extensions.listeners).toHaveLength(1);
  });

  test('a worker runs the tasks of an extension, one of which may fail, and reports the failed one', async () => {
    const { log, lines } = recordingLogger();
    let stopped: unknown;
    const ran = new Latch();
    const tasks: Extension['tasks'] = [
      { name: 'broken', every: '1s', run: fail },
      {
        name: 'waiting',
        every: '1s',
        run: async (abortSignal) => {
          ran.open();
          await new Promise((resolve) => abortSignal.addEventListener('abort', resolve));
          stopped = abortSignal.reason;
        },
      },
    ];
    await using h = await open([{ name: 'maintaining', tasks }], { log });
    const worker = h.box.worker();
    await worker.start();
    const failed = await h.box.next('maintenance.failed', ({ failures }) => failures === 2);
    expect(failed).toMatchObject({ task: 'broken', error: boom, workerId: expect.any(Number) as number });
    expect(failed.delayMs).toBeGreaterThan(1_500);
    await ran.opened;
    await worker.stop();
    expect(stopped).toBeDefined();
    expect(lines.filter(({ message }) => message === 'the maintenance task broken failed, runs again').length).toBeGreaterThan(1);
    // The worker itself is healthy.
    expect(lines.filter(({ message }) => message?.startsWith('the worker cannot'))).toEqual([]);
  });
});

describe('is refused', () => {
  const db = (): ReturnType<typeof drizzle> => drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') });
  const task = { name: 'task', every: '1h', run: () => {} } as const;

  test.each<[string, readonly unknown[], RegExp]>([
    ['a value that is no extension', [undefined], /^createSignalbox: an extension is undefined\. Give an object with a name/],
    ['one without a name', [{}], /^The extension undefined: name is missing\. Give a text/],
    [
      'an unknown property',
      [{ name: 'a', aroundRecieve: fail }],
      /^The extension "a": there is no option aroundRecieve\. Did you mean aroundReceive\?/,
    ],
    ['a hook that is no function', [{ name: 'a', aroundEmit: {} }], /^The extension "a": aroundEmit is \{\}\. Give a function/],
    [
      'an unknown event',
      [{ name: 'a', events: { 'delivery.complete': fail } }],
      /there is no option events\.delivery\.complete\. Did you mean events\.delivery\.completed\?/,
    ],
    ['a name that is taken', [{ name: 'a' }, { name: 'a' }], /^createSignalbox: two extensions are named a\./],
    ['a task that is none', [{ name: 'a', tasks: [null] }], /^The extension "a": a task is null\. Give an object with name, every and run/],
    [
      'a task without a period',
      [{ name: 'a', tasks: [{ ...task, every: undefined }] }],
      /^The extension "a", task "task": every is missing\./,
    ],
    [
      'a task with a period of 0',
      [{ name: 'a', tasks: [{ ...task, every: 0 }] }],
      /^The extension "a", task "task": every is 0\. Give milliseconds/,
    ],
    ['a task with an unknown option', [{ name: 'a', tasks: [{ ...task, alone: true }] }], /there is no option alone\./],
    [
      'two tasks of one name',
      [
        { name: 'a', tasks: [task] },
        { name: 'b', tasks: [task] },
      ],
      /^createSignalbox: two maintenance tasks are named task\./,
    ],
    ...OWN_TASKS.map((name): [string, object[], RegExp] => [
      `a task with our own name ${name}`,
      [{ name: 'a', tasks: [{ ...task, name }] }],
      new RegExp(`two maintenance tasks are named ${name}\\.`),
    ]),
    ['a provider that is none', [{ name: 'a', providers: [{ token: Db }] }], /^The extension "a": Db is provided by undefined/],
  ])('%s', (_name, extensions, message) => {
    const make = (): unknown => createSignalbox({ db: db(), log: false, extensions: extensions as Extension[] });
    expect(make).toThrow(expect.objectContaining({ code: 'InvalidOption', message: expect.stringMatching(message) as string }) as Error);
  });

  test('and leaves the database as it was', () => {
    const handle = db();
    expect(() => createSignalbox({ db: handle, log: false, extensions: [{ name: 'a', tasks: [task, task] }] })).toThrow(
      'two maintenance tasks',
    );
    expect(() => createSignalbox({ db: handle, log: false })).not.toThrow();
  });
});
