// Every options object that the package takes: an unknown option is refused by name, with a suggestion. An exported
// type of options that is not in this list fails the first test.
import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createSignalbox,
  defineSignal,
  defineSignals,
  inject,
  isSignalboxError,
  OnSignal,
  provide,
  Service,
  Transactional,
} from '../../src/index.ts';
import type { Signal, Signalbox } from '../../src/index.ts';
import { nearest } from '../../src/core/options.ts';
import { SignalboxModule } from '../../src/nest/module.ts';

interface Fixture {
  readonly box: Signalbox;
  readonly signal: Signal;
}

/** A call that takes options. `instead` misspells its option `meant`. */
interface Bag {
  readonly at: string;
  readonly take: (options: never, fixture: Fixture) => unknown;
  readonly options?: object;
  readonly instead: string;
  readonly meant: string;
}

const unused = () => drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') });
const id = '018f0000-0000-7000-8000-000000000000';
const method = (): object => Object.getOwnPropertyDescriptor({ async work() {} }, 'work')!;

/** The calls by the name of the interface. An emit is refused before its handle is checked. */
const BAGS: Record<string, Bag[]> = {
  SignalboxOptions: [
    {
      at: 'createSignalbox',
      take: (options) => createSignalbox(options),
      options: { db: unused() },
      instead: 'srevices',
      meant: 'services',
    },
  ],
  WorkerOptions: [{ at: 'Worker', take: (options, { box }) => box.worker(options), instead: 'concurency', meant: 'concurrency' }],
  TallyOptions: [{ at: 'tallies.emits', take: (options, { box }) => box.tallies.emits(options), instead: 'form', meant: 'from' }],
  RunTallyOptions: [{ at: 'tallies.runs', take: (options, { box }) => box.tallies.runs(options), instead: 'reciever', meant: 'receiver' }],
  HealthHandlerOptions: [
    { at: 'box.healthHandler', take: (options, { box }) => box.healthHandler(options), instead: 'metric', meant: 'metrics' },
  ],
  StopOptions: [{ at: 'worker.stop', take: (options, { box }) => box.worker().stop(options), instead: 'froce', meant: 'force' }],
  DrainOptions: [{ at: 'box.drain', take: (options, { box }) => box.drain(options), instead: 'ahaed', meant: 'ahead' }],
  RetentionOptions: [
    {
      at: 'createSignalbox',
      take: (retention) => createSignalbox({ db: unused(), retention }),
      instead: 'complete',
      meant: 'retention.completed',
    },
  ],
  EraseOptions: [
    {
      at: 'box.erase',
      take: (options, { box }) => box.erase(options),
      options: { path: 'a', value: 'b' },
      instead: 'dryRnu',
      meant: 'dryRun',
    },
  ],
  PartitionMigrationOptions: [
    {
      at: 'partitions.migration',
      take: (options, { box }) => box.partitions.migration(options),
      options: { every: 'week' },
      instead: 'aheda',
      meant: 'ahead',
    },
  ],
  TendOptions: [
    {
      at: 'partitions.tend',
      take: (options, { box }) => box.partitions.tend(options),
      options: { every: 'week', keep: 4 },
      instead: 'aheda',
      meant: 'ahead',
    },
  ],
  MoveOptions: [
    {
      at: 'receivers.move',
      take: (options, { box }) => box.receivers.move('A.receive', 'B.receive', options),
      instead: 'ded',
      meant: 'dead',
    },
  ],
  RetireOptions: [
    { at: 'receivers.retire', take: (options, { box }) => box.receivers.retire('A.receive', options), instead: 'wating', meant: 'waiting' },
  ],
  WorkOptions: [
    { at: 'errands.work', take: (options, { box }) => box.errands.work(id, options), instead: 'onprogress', meant: 'onProgress' },
  ],
  PruneOptions: [{ at: 'box.prune', take: (options, { box }) => box.prune(options), instead: 'olderThen', meant: 'olderThan' }],
  WaitOptions: [
    {
      at: 'emissions.settled',
      take: (options, { box }) => box.emissions.settled(id, options),
      instead: 'abortSingal',
      meant: 'abortSignal',
    },
    {
      at: 'box.next',
      take: (options, { box }) => box.next('worker.idle', undefined, options),
      instead: 'abortSingal',
      meant: 'abortSignal',
    },
    { at: 'worker.tick', take: (options, { box }) => box.worker().tick(options), instead: 'abortSingal', meant: 'abortSignal' },
    { at: 'worker.run', take: (options, { box }) => box.worker().run(options), instead: 'abortSingal', meant: 'abortSignal' },
  ],
  MigrateOptions: [
    { at: 'box.migrate', take: (options, { box }) => box.migrate(options), options: { folder: 'x' }, instead: 'shcema', meant: 'schema' },
  ],
  DoctorOptions: [
    { at: 'box.doctor', take: (options, { box }) => box.doctor(options), instead: 'migration', meant: 'migrations' },
    {
      at: 'box.doctor: migrations',
      take: (migrations, { box }) => box.doctor({ migrations }),
      options: { folder: 'x' },
      instead: 'shcema',
      meant: 'schema',
    },
  ],
  DeliveryFilter: [{ at: 'deliveries.page', take: (options, { box }) => box.deliveries.page(options), instead: 'state', meant: 'states' }],
  PageOptions: [
    { at: 'deliveries.page', take: (options, { box }) => box.deliveries.page({}, options), instead: 'curser', meant: 'cursor' },
  ],
  Redaction: [
    {
      at: 'createSignalbox',
      take: (redact) => createSignalbox({ db: unused(), redact }),
      instead: 'haeders',
      meant: 'redact.headers',
    },
  ],
  PayloadFilter: [
    {
      at: 'deliveries.page',
      take: (payload, { box }) => box.deliveries.page({ payload }),
      options: { path: 'value', value: '1' },
      instead: 'paht',
      meant: 'payload.path',
    },
  ],
  ActOptions: (['retry', 'replay'] as const).map((act) => ({
    at: `deliveries.${act}`,
    take: (options, { box }) => box.deliveries[act]({ emissionId: id }, options),
    options: {},
    instead: 'byy',
    meant: 'by',
  })),
  DeliveryAddress: (['retry', 'replay', 'cancel'] as const).map((act) => ({
    at: `deliveries.${act}`,
    take: (options, { box }) => box.deliveries[act](options),
    options: { emissionId: id },
    instead: 'reciever',
    meant: 'receiver',
  })),
  ConnectOptions: [
    {
      at: 'a.receiver',
      take: (options, { box, signal }) => box.receivers.connect(signal, () => {}, options),
      options: { name: 'a.receiver' },
      instead: 'formely',
      meant: 'formerly',
    },
  ],
  EmitManyOptions: [
    {
      at: 'a.signal.emitMany',
      take: (options, { signal }) => signal.emitMany({} as never, [], options),
      instead: 'dedupeKye',
      meant: 'dedupeKey',
    },
  ],
  EmitOptions: (['emitReliable', 'emitMany', 'emit', 'emitRobust'] as const).map((emit) => ({
    at: `a.signal.${emit}`,
    take: (options, { signal }) => signal[emit]({} as never, [], options),
    instead: emit === 'emitReliable' ? 'delya' : 'header',
    meant: emit === 'emitReliable' ? 'delay' : 'headers',
  })),
  SignalOptions: [
    { at: 'Signal a.b', take: (options) => defineSignal('a.b', z.object({}), options), instead: 'verison', meant: 'version' },
    {
      at: 'Signal a.b',
      take: (options) => defineSignals('a', { b: options } as never),
      options: { schema: z.object({}) },
      instead: 'upcats',
      meant: 'upcast',
    },
  ],
  OnSignalOptions: [{ at: 'Listener.receive', take: (options, fixture) => receive(options, fixture), instead: 'que', meant: 'queue' }],
  BatchOptions: [{ at: 'Listener.receive', take: (options, fixture) => receive(options, fixture), instead: 'bacth', meant: 'batch' }],
  RetryOptions: [
    { at: 'Listener.receive', take: (retry, fixture) => receive({ retry } as never, fixture), instead: 'atempts', meant: 'retry.attempts' },
  ],
  ServiceOptions: [{ at: '@Service', take: (options) => Service(options), instead: 'scop', meant: 'scope' }],
  TransactionalOptions: [
    { at: '@Transactional', take: (options) => Transactional(options), instead: 'isolation', meant: 'isolationLevel' },
  ],
  Provider: [
    {
      at: 'provide(Date)',
      take: (options) => provide(Date, options),
      options: { useFactory: () => new Date() },
      instead: 'injects',
      meant: 'inject',
    },
  ],
  SignalboxModuleOptions: [
    {
      at: 'SignalboxModule.forRoot',
      take: (options) => SignalboxModule.forRoot(options),
      options: { db: unused() },
      instead: 'onFailre',
      meant: 'onFailure',
    },
    {
      at: 'SignalboxModule.forRoot',
      take: (worker) => SignalboxModule.forRoot({ db: unused(), worker }),
      instead: 'concurency',
      meant: 'worker.concurrency',
    },
  ],
  SignalboxModuleAsyncOptions: [
    {
      at: 'SignalboxModule.forRootAsync',
      take: (options) => SignalboxModule.forRootAsync(options),
      options: { useFactory: () => ({}) },
      instead: 'injcet',
      meant: 'inject',
    },
  ],
};

function receive(options: never, { signal }: Fixture): unknown {
  class Listener {
    async receive(): Promise<void> {}
  }
  OnSignal(signal, options)(Listener.prototype, 'receive', method());
  return createSignalbox({ db: unused(), log: false, services: [Listener] });
}

async function thrownBy(bag: Pick<Bag, 'take'>, options: unknown): Promise<unknown> {
  await using box = createSignalbox({ db: unused(), log: false });
  const signal = defineSignal('a.signal', z.any()) as Signal;
  try {
    await bag.take(options as never, { box, signal });
  } catch (error) {
    return error;
  }
  return undefined;
}

const read = async (file: string): Promise<string> => readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

test('every exported type of options is in the list', async () => {
  const exported = [await read('src/index.ts'), await read('src/nest/module.ts')].join('\n');
  const names = exported.match(/\b\w+(Options|Filter|Address)\b/g)!.filter((name) => /^[A-Z][a-z]/.test(name));
  expect([...new Set(names), 'Provider', 'Redaction'].sort()).toEqual(Object.keys(BAGS).sort());
});

const places = Object.values(BAGS).flatMap((bags) => bags.map((bag): [string, Bag] => [`${bag.at}: ${bag.instead}`, bag]));

test.each(places)('%s is refused, and the error lists the options', async (_name, bag) => {
  const error = await thrownBy(bag, { ...bag.options, [bag.instead]: 1 });
  expect(isSignalboxError(error, 'InvalidOption') || isSignalboxError(error, 'InvalidSignal')).toBe(true);
  const { message } = error as Error;
  expect(message).toMatch(new RegExp(`^${bag.at.replace(/[().]/g, '\\$&')}: there is no option (\\w+\\.)?${bag.instead}\\. `));
  expect(message).toMatch(/ The options are \w+/);
  expect(message).toContain(` Did you mean ${bag.meant}? `);
});

test.each(places)('%s: a value that is no object is refused by a coded error', async (_name, bag) => {
  for (const options of [null, 5, 'words', ['words']]) {
    const error = await thrownBy(bag, options);
    expect([options, isSignalboxError(error)]).toEqual([options, true]);
  }
});

test('an option is suggested if a letter or two are wrong, and not for a different word', () => {
  const words = ['immediate', 'worker', 'pollInterval'];
  expect(['imediate', 'immeidate', 'WORKER', 'pollinterval', 'pollIntervalMs', 'poll'].map((word) => nearest(word, words))).toEqual([
    'immediate',
    'immediate',
    'worker',
    'pollInterval',
    'pollInterval',
    'pollInterval',
  ]);
  expect(['', 'w', 'mode', 'sync', 'x'.repeat(10_000)].map((word) => nearest(word, words))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

type Refused = [what: string, work: (fixture: Fixture) => unknown, says: string];

const refused: Refused[] = [
  [
    'testing',
    () => createSignalbox({ db: unused(), testing: 'imediate' as never }),
    "createSignalbox: testing is \"imediate\". Did you mean 'immediate'? Give 'immediate', 'manual' or 'capture'.",
  ],
  ['onFailure', () => createSignalbox({ db: unused(), testing: 'immediate', onFailure: 'collct' as never }), "Did you mean 'collect'?"],
  [
    'onFailure where nothing runs at once',
    () => createSignalbox({ db: unused(), onFailure: 'collect' }),
    "onFailure is 'collect', and testing is not 'immediate'. Leave onFailure out",
  ],
  [
    'a provider literal of two kinds',
    () => createSignalbox({ db: unused(), providers: [{ provide: Date, useValue: 1, useClass: Date }] as never }),
    'Date is provided by an object with useValue, useClass.',
  ],
  [
    'a provider literal of nothing',
    () => createSignalbox({ db: unused(), providers: [{ provide: undefined, useValue: 1 }] as never }),
    'the provided value is undefined',
  ],
  ['prepare', () => createSignalbox({ db: unused(), prepare: 'none' as never }), 'prepare is "none". Give true, false or \'all\'.'],
  [
    'log: true',
    () => createSignalbox({ db: unused(), log: true as never }),
    'createSignalbox: log is true. Give false for none, or a logger',
  ],
  ['a logger without error', () => createSignalbox({ db: unused(), log: { ...console, error: undefined } as never }), 'error'],
  ['a crash budget', () => createSignalbox({ db: unused(), crashBudget: 0 }), 'crashBudget is 0. Give a whole number from 1 to 100.'],
  ['onDead', () => createSignalbox({ db: unused(), onDead: 'log' as never }), 'onDead is "log". Give a function.'],
  ['services', () => createSignalbox({ db: unused(), services: {} as never }), 'services is {}. Give a list of classes.'],
  ['providers', () => createSignalbox({ db: unused(), providers: provide(Date, { useValue: new Date() }) as never }), 'providers is '],
  ['a provider', () => createSignalbox({ db: unused(), providers: [Date] as never }), 'createSignalbox: the provided value is undefined'],
  [
    'an override of two kinds',
    () => createSignalbox({ db: unused(), overrides: [{ token: Date, provider: { useValue: 1, useClass: Date } }] as never }),
    'Date is provided by an object with useValue, useClass.',
  ],
  [
    'a provider of no kind',
    () => provide(Date, { value: 1 } as never),
    'provide: Date is provided by {"value":1}. Give one of { useValue }',
  ],
  ['a provider by an undefined class', () => provide(Date, { useClass: undefined } as never), 'useClass is missing'],
  [
    'a provider of nothing',
    () => provide(undefined as never, { useValue: 1 }),
    'the provided value is undefined: most likely two files import each other',
  ],
  ['a scope', () => provide(Date, { useFactory: () => new Date(), scope: 'request' as never }), "Give 'singleton' or 'transient'."],
  ['a scope of a service', () => Service({ scope: 'transent' as never }), '@Service: scope is "transent". Did you mean \'transient\'?'],
  ['an isolation level', () => Transactional({ isolationLevel: 'serialisable' as never }), "Did you mean 'serializable'?"],
  [
    'a queue in place of a list',
    ({ box }) => box.worker({ queues: 'mail' as never }),
    'Worker: queues is "mail". Give a list of names of queues.',
  ],
  ['concurrency', ({ box }) => box.worker({ concurrency: 1.5 }), 'Worker: concurrency is 1.5. Give a whole number from 1 to 1000.'],
  ['ahead', ({ box }) => box.drain({ ahead: '1 day' as never }), 'box.drain: ahead is "1 day". Give milliseconds or a text such as'],
  [
    'an event',
    ({ box }) => box.on('delivery.complete' as never, () => {}),
    'box.on: the event is "delivery.complete". Did you mean \'delivery.completed\'?',
  ],
  ['a listener', ({ box }) => box.on('delivery.dead', undefined as never), 'box.on: the listener is undefined. Give a function.'],
  [
    'an awaited event',
    ({ box }) => box.next('workerstarted' as never),
    'box.next: the event is "workerstarted". Did you mean \'worker.started\'?',
  ],
  ['a condition', ({ box }) => box.next('worker.idle', {} as never), 'box.next: its condition is {}. Give a function.'],
  ['an emission that is no id', ({ box }) => box.emissions.settled('nope'), 'emissions.settled: the emission is "nope". Give a UUID'],
  [
    'a signal that ends a wait',
    ({ box }) => box.emissions.settled(id, { abortSignal: new AbortController() as never }),
    'abortSignal is an object with',
  ],
  ['a folder that is missing', ({ box }) => box.migrate({} as never), 'box.migrate: folder is missing. Give a text.'],
  ['states', ({ box }) => box.deliveries.page({ states: ['complete'] as never }), "Did you mean 'completed'? Give a list of 'ready', "],
  ['one state', ({ box }) => box.deliveries.page({ states: 'dead' as never }), 'states is "dead". Give a list of '],
  ['an id to filter by', ({ box }) => box.deliveries.page({ emissionId: '7' }), 'emissionId is "7". Give a UUID'],
  ['a page', ({ box }) => box.deliveries.page({}, { cursor: 7 as never }), 'cursor is 7. Give a text'],
  ['a limit', ({ box }) => box.deliveries.page({}, { limit: 1001 }), 'limit is 1001. Give a whole number from 1 to 1000.'],
  [
    'an address without an emission',
    ({ box }) => box.deliveries.retry({ receiver: 'x' } as never),
    'deliveries.retry: emissionId is missing. Give a UUID',
  ],
  ['no address', ({ box }) => box.deliveries.replay(undefined as never), 'deliveries.replay: emissionId is missing.'],
  [
    'a receiver that is there but undefined',
    ({ box }) => box.deliveries.replay({ emissionId: id, receiver: undefined as never }),
    'receiver is undefined. Give its stored name, or leave it out for all receivers.',
  ],
  ['a reason', ({ box }) => box.deliveries.cancel({ emissionId: id }, {} as never), 'deliveries.cancel: its reason is {}. Give a text.'],
  ['a callback', ({ box }) => box.afterCommit(undefined as never), 'box.afterCommit: the callback is undefined. Give a function.'],
  [
    'a transaction in place of a callback',
    ({ box }) => box.afterCommit({ rollback() {} } as never),
    'box.afterCommit: the callback is an object',
  ],
  [
    'a callback before its transaction',
    ({ box }) => box.afterCommit((() => {}) as never, {} as never),
    'box.afterCommit: the transaction is',
  ],
  [
    'headers',
    ({ signal }) => signal.emitReliable({} as never, {}, { headers: 'x' as never }),
    'a.signal.emitReliable: headers is "x". Give an object of texts.',
  ],
  [
    'a delay of an emit that stores nothing',
    ({ signal }) => signal.emit({} as never, {}, { delay: '1s' } as never),
    'a.signal.emit: there is no option delay. The options are headers.',
  ],
  [
    'one payload in place of a list',
    ({ signal }) => signal.emitMany({} as never, {} as never),
    'a.signal.emitMany: its argument is {}. Give a list of payloads.',
  ],
  [
    'a version',
    () => defineSignal('a.b', z.any(), { version: '2' as never }),
    'Signal a.b: version is "2". Give a whole number from 1 to 1000000.',
  ],
  ['an upcast', () => defineSignal('a.b', z.any(), { upcast: 'x' as never }), 'Signal a.b: upcast is "x". Give a function.'],
  ['no definitions', () => defineSignals('a', undefined as never), 'Signals of a: their definition is undefined.'],
  [
    'a worker of a module',
    () => SignalboxModule.forRoot({ db: unused(), worker: 'yes' as never }),
    'worker is "yes". Give true, false, or the options of a worker.',
  ],
  ['services of a module', () => SignalboxModule.forRoot({ db: unused(), services: [] } as never), 'there is no option services.'],
  [
    'services to register',
    ({ box }) => box.framework.register(undefined as never),
    'box.framework.register: its argument is undefined. Give a list of classes.',
  ],
  [
    'no signal to ask for',
    ({ box }) => box.receivers.has(undefined as never),
    'box.receivers.has: its argument is undefined. Give a signal or the name of one.',
  ],
  ['a module without a factory', () => SignalboxModule.forRootAsync({} as never), 'useFactory is missing. Give a function.'],
];

test.each(refused)('the invalid %s is refused, and the error says what is valid', async (_what, work, says) => {
  const error = await thrownBy({ take: (_options, fixture) => work(fixture) }, undefined);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^Invalid(Option|Signal)$/) as string,
    message: expect.stringContaining(says) as string,
  });
});

test('an option that is undefined counts as not given', async () => {
  await using box = createSignalbox({ db: unused(), log: false, testing: undefined as never, services: undefined as never });
  expect(box.worker({ concurrency: undefined as never })).toBeDefined();
});

test('public calls without arguments are refused by a coded error', async () => {
  await using box = createSignalbox({ db: unused(), log: false });
  const signal = defineSignal('a.signal', z.object({}));
  const places: [of: object, names: string[]][] = [
    [{ createSignalbox, provide, defineSignal, defineSignals, OnSignal, inject }, []],
    [box, ['get', 'migrate', 'afterCommit', 'on', 'next']],
    [box.receivers, ['connect', 'has']],
    [box.emissions, ['settled']],
    [box.framework, ['register']],
    [box.deliveries, ['retry', 'replay', 'cancel']],
    [signal, ['emit', 'emitRobust', 'emitReliable', 'emitMany']],
    [SignalboxModule, ['forRoot', 'forRootAsync']],
  ];
  const calls = places.flatMap(([of, names]) => (names.length > 0 ? names : Object.keys(of)).map((name) => [of, name] as const));
  const raw: string[] = [];
  for (const [of, name] of calls)
    for (const args of [[], [undefined], [null], [null, null, null], [7, 7, 7], [{}, {}, {}]]) {
      const call = (of as Readonly<Record<string, (...given: unknown[]) => unknown>>)[name]!;
      const error: unknown = await (async () => Reflect.apply(call, of, args))().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!isSignalboxError(error)) raw.push(`${name}(${JSON.stringify(args)}): ${String(error)}`);
    }
  expect(raw).toEqual([]);
});
