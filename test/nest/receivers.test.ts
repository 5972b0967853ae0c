// The receiving objects of a NestJS container: however they are provided, each receives once.
import { Controller, Inject, Injectable, Module, type ModuleMetadata, Scope, UseGuards } from '@nestjs/common';
import { AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DeliveryContext, OnSignal, Service, type Signalbox, Transactional } from '../../src/index.ts';
import { SIGNALBOX, SignalboxModule, type SignalboxModuleOptions } from '../../src/nest/module.ts';
import { createDatabase } from '../support/database.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { recordingLogger } from '../support/log.ts';

const paid = defineSignal('nest.paid', z.object({ id: z.number() }));

let made: string[] = [];

/** A class with a receiver that records which of its objects received. */
function receiverClass(name: string): new (...args: never[]) => { readonly number: number } {
  class Receiving {
    readonly number: number;
    constructor() {
      made.push(name);
      this.number = made.filter((one) => one === name).length;
    }

    @OnSignal(paid)
    async receive({ id }: { id: number }, { tx }: DeliveryContext): Promise<void> {
      await tx.insert(effects).values({ receiver: `${name} ${this.number}`, value: id });
    }
  }
  Object.defineProperty(Receiving, 'name', { value: name });
  Injectable()(Receiving);
  return Receiving;
}

interface Fixture extends AsyncDisposable {
  readonly db: PostgresJsDatabase;
  readonly sql: Sql;
  readonly box: Signalbox;
  readonly lines: readonly { readonly message: string | undefined }[];
  /** Emits the payload, runs the due deliveries, and returns the result. */
  deliver(id: number): Promise<string[]>;
}

type Start = (module: new () => object) => Promise<{ get(token: unknown): unknown; close(): Promise<void> }>;

const start: Start = async (module) => NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });

async function openFixture(metadata: ModuleMetadata, options: Partial<SignalboxModuleOptions> = {}, begin = start): Promise<Fixture> {
  made = [];
  const database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await createEffects(sql);
  const db = drizzle({ client: database.connect({ max: 5 }) });
  const { log, lines } = recordingLogger();
  class AppModule {}
  Module({ ...metadata, imports: [...(metadata.imports ?? []), SignalboxModule.forRoot({ db, log, ...options })] })(AppModule);
  const app = await begin(AppModule).catch(async (error: unknown) => {
    await database[Symbol.asyncDispose]();
    throw error;
  });
  const box = app.get(SIGNALBOX) as Signalbox;
  return {
    db,
    sql,
    box,
    lines,
    deliver: async (id) => {
      await db.transaction(async (tx) => void (await paid.emitReliable(tx, { id })));
      await box.drain();
      return (await readEffects(sql)).toSorted();
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const Orders = receiverClass('Orders');
const TOKEN = Symbol('orders');
const OTHER = Symbol('other');
class Port {}

const ways: [way: string, metadata: ModuleMetadata][] = [
  ['a provider', { providers: [Orders] }],
  ['a controller', { controllers: [Controller()(Orders) ?? Orders] }],
  ['the result of a factory', { providers: [{ provide: TOKEN, useFactory: () => new Orders() }] }],
  ['the result of an asynchronous factory', { providers: [{ provide: TOKEN, useFactory: async () => new Orders() }] }],
  ['a value', { providers: [{ provide: TOKEN, useValue: new Orders() }] }],
  ['a class under another token', { providers: [{ provide: Port, useClass: Orders }] }],
  ['a class under a name', { providers: [{ provide: 'orders', useClass: Orders }] }],
  ['an alias of a provider', { providers: [Orders, { provide: TOKEN, useExisting: Orders }, { provide: OTHER, useExisting: TOKEN }] }],
];

test.each(ways)('%s receives once, by the one object of the container', async (_way, metadata) => {
  await using fixture = await openFixture(metadata);
  const [, number] = (await fixture.deliver(1))[0]!.split(/[ :]/);
  expect(await fixture.deliver(2)).toEqual([`Orders ${number}:1`, `Orders ${number}:2`]);
  expect(fixture.lines.filter(({ message }) => /Orders/.test(message ?? '') && !message!.startsWith('completed'))).toEqual([]);
});

test.each<[way: string, metadata: ModuleMetadata]>([
  ['a transient provider', { providers: [{ provide: Orders, useClass: Orders, scope: Scope.TRANSIENT }] }],
  ['a request-scoped provider', { providers: [{ provide: Orders, useClass: Orders, scope: Scope.REQUEST }] }],
  ['a request-scoped class under another token', { providers: [{ provide: TOKEN, useClass: Orders, scope: Scope.REQUEST }] }],
])('%s receives, and is made anew for each delivery', async (_way, metadata) => {
  await using fixture = await openFixture(metadata);
  await fixture.deliver(1);
  expect(await fixture.deliver(2)).toEqual(['Orders 1:1', 'Orders 2:2']);
});

test('a provider that needs a request-scoped one, and a request-scoped controller, are made for each delivery', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {}

  @Controller()
  class Desk {
    static made = 0;
    readonly number = ++Desk.made;
    constructor(@Inject(PerRequest) readonly perRequest: PerRequest) {}
    @OnSignal(paid)
    async receive({ id }: { id: number }, { tx }: DeliveryContext): Promise<void> {
      expect(this.perRequest).toBeInstanceOf(PerRequest);
      await tx.insert(effects).values({ receiver: `Desk ${this.number}`, value: id });
    }
  }
  await using fixture = await openFixture({ providers: [PerRequest], controllers: [Desk] });
  await fixture.deliver(1);
  expect(await fixture.deliver(2)).toEqual(['Desk 1:1', 'Desk 2:2']);
});

test('a class that several modules provide receives once, and gives a warning', async () => {
  class One {}
  Module({ providers: [Orders] })(One);
  class Two {}
  Module({ providers: [Orders] })(Two);
  await using fixture = await openFixture({ imports: [One, Two] });
  expect(await fixture.deliver(1)).toHaveLength(1);
  expect(fixture.lines.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^Orders is a provider of several modules.*Provide it in one module and export it/) as string,
  );
});

test('a class with receivers that is only a guard is refused at the start', async () => {
  @Injectable()
  class Gate {
    canActivate(): boolean {
      return true;
    }
    @OnSignal(paid)
    async receive(): Promise<void> {}
  }
  @Controller()
  @UseGuards(Gate)
  class Desk {}
  await expect(openFixture({ controllers: [Desk] })).rejects.toMatchObject({
    code: 'MissingProvider',
    message: expect.stringMatching(/^Gate has @OnSignal methods, and NestJS knows it as a guard.*Add it to the providers/) as string,
  });
  await using fixture = await openFixture({ controllers: [Desk], providers: [Gate] });
  expect(await fixture.box.receivers.has(paid)).toBe(true);
});

test('a module that is compiled and not initialised has its receivers', async () => {
  // The module serves nothing: create() makes the objects, like the compile() of NestJS' testing module, and init() is
  // not called.
  class NoServer extends (AbstractHttpAdapter as unknown as new () => object) {
    initHttpServer(): void {}
    async close(): Promise<void> {}
  }
  const compile: Start = async (module) =>
    NestFactory.create(module, new NoServer() as unknown as AbstractHttpAdapter, { logger: false, abortOnError: false });
  await using fixture = await openFixture({ providers: [Orders] }, { testing: 'immediate' }, compile);
  await fixture.db.transaction(async (tx) => void (await paid.emitReliable(tx, { id: 1 })));
  expect(await readEffects(fixture.sql)).toEqual(['Orders 1:1']);
});

test('@Transactional works on objects of factories and values', async () => {
  class Books {
    constructor(readonly db: Db) {}
    @Transactional()
    async book(id: number): Promise<void> {
      await this.db.insert(effects).values({ receiver: 'booked', value: id });
      await paid.emitReliable(this.db, { id });
    }
  }
  await using fixture = await openFixture({ providers: [Orders, { provide: TOKEN, useFactory: (db: Db) => new Books(db), inject: [Db] }] });
  await fixture.box.get<Books>(TOKEN as never).book(1);
  await fixture.box.drain();
  expect((await readEffects(fixture.sql)).toSorted()).toEqual(['Orders 1:1', 'booked:1']);
});

test('messages mention modules, not options that NestJS does not have', async () => {
  @Service()
  class Forgotten {
    @OnSignal(paid)
    async receive(): Promise<void> {}
  }
  await using fixture = await openFixture({});
  await fixture.db.transaction(async (tx) => void (await paid.emitReliable(tx, { id: 1 })));
  fixture.box.worker({ concurrency: 1 });
  const place = expect.stringContaining('`providers` or `controllers` of a module') as string;
  const messages = fixture.lines
    .map(({ message }) => message)
    .filter((message) => /has no receivers, so the emit|Forgotten has/.test(message ?? ''));
  expect([Forgotten.name, ...messages]).toEqual(['Forgotten', place, place]);
});
