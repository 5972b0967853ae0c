// signalbox/nest: a NestJS module that gives `Db` and the box by injection, and runs a worker in the application's life.
// receivers.ts decides which objects receive; the box decides about deliveries and their runs.
import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Injectable,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import { Db, type Signalbox, type SignalboxOptions, type WorkerOptions } from '../index.ts';
import { BOX_OPTIONS, loggerOf } from '../box/options.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { callable, listOf, object } from '../core/rules.ts';
import type { Injectable as Token } from '../decorators/service.ts';
import type { DatabaseHandle } from '../core/handles.ts';
import { openBox } from '../signalbox.ts';
import { WORKER_OPTIONS } from '../worker/options.ts';
import type { Worker } from '../worker/worker.ts';
import { ContainerReceivers } from './receivers.ts';

/**
 * Options of the module: those of `createSignalbox`, except for those that NestJS supplies, and those of its worker.
 */
export interface SignalboxModuleOptions<D extends DatabaseHandle = DatabaseHandle> extends Omit<
  SignalboxOptions<D>,
  'services' | 'resolve'
> {
  /** Run a worker in this process, with these options. Default: none, the process only emits. */
  worker?: WorkerOptions | boolean;
}

/** Options that are known only when other providers are: as of any dynamic module. */
export interface SignalboxModuleAsyncOptions {
  /** Modules that export what `inject` names. */
  imports?: ModuleMetadata['imports'];
  /** The arguments of `useFactory`. */
  inject?: FactoryProvider['inject'];
  /** Returns the options, or a promise of them. */
  useFactory: (...args: never[]) => SignalboxModuleOptions | Promise<SignalboxModuleOptions>;
}

const { services: _services, resolve: _resolve, ...ours } = BOX_OPTIONS;
const MODULE_OPTIONS: OptionTable<SignalboxModuleOptions> = {
  ...ours,
  worker: {
    wants: 'true, false, or the options of a worker',
    accepts: (value) => typeof value === 'boolean' || object('').accepts(value),
    table: WORKER_OPTIONS,
  },
};
const ASYNC_OPTIONS: OptionTable<SignalboxModuleAsyncOptions> = {
  imports: listOf('modules'),
  inject: listOf('what is injected'),
  useFactory: callable,
};

const OPTIONS = Symbol('signalbox.options');

/** Injects the box: `constructor(@Inject(SIGNALBOX) private readonly box: Signalbox) {}`. */
export const SIGNALBOX = Symbol.for('signalbox.box');

/**
 * Signalbox in a NestJS application. Providers and controllers with `@OnSignal` methods receive signals; `Db` and {@link SIGNALBOX} can
 * be injected everywhere. The worker, if there is one, starts when the application has started, and stops with it
 * (call `app.enableShutdownHooks()`).
 * @example
 * \@Module({ imports: [SignalboxModule.forRoot({ db, worker: true })], providers: [Payments, Orders] })
 * export class AppModule {}
 */
export class SignalboxModule {
  /** With options that are known. @throws SignalboxError `InvalidOption`; as `createSignalbox`, when the application starts */
  static forRoot(options: SignalboxModuleOptions): DynamicModule {
    checkOptions(options, MODULE_OPTIONS, 'SignalboxModule.forRoot', { required: ['db'] });
    return moduleOf([{ provide: OPTIONS, useValue: options }]);
  }

  /**
   * With options that a factory makes. @throws SignalboxError `InvalidOption`
   * @example SignalboxModule.forRootAsync({ inject: [DATABASE], useFactory: (db: typeof database) => ({ db, worker: true }) })
   */
  static forRootAsync(options: SignalboxModuleAsyncOptions): DynamicModule {
    checkOptions(options, ASYNC_OPTIONS, 'SignalboxModule.forRootAsync', { required: ['useFactory'] });
    const { imports = [], inject = [], useFactory } = options;
    return moduleOf([{ provide: OPTIONS, useFactory: useFactory as FactoryProvider['useFactory'], inject }], imports);
  }
}

function moduleOf(options: Provider[], imports: ModuleMetadata['imports'] = []): DynamicModule {
  return {
    module: SignalboxModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...options,
      {
        provide: ContainerReceivers,
        useFactory: (...parts: [DiscoveryService, ModulesContainer, ModuleRef]) => new ContainerReceivers(...parts),
        inject: [DiscoveryService, ModulesContainer, ModuleRef],
      },
      { provide: SIGNALBOX, useFactory: boxOf, inject: [OPTIONS, ContainerReceivers] },
      { provide: Db, useFactory: (box: Signalbox) => box.db, inject: [SIGNALBOX] },
      Lifecycle,
    ],
    exports: [SIGNALBOX, Db],
  };
}

/** The name in messages for the place of a class with receivers. */
const PLACE = 'the `providers` or `controllers` of a module';

function boxOf(options: SignalboxModuleOptions, receivers: ContainerReceivers): Signalbox {
  checkOptions(options, MODULE_OPTIONS, 'SignalboxModule', { required: ['db'] });
  const { worker: _worker, ...boxOptions } = options;
  const resolve = (token: Token): unknown => receivers.get(token);
  // Tests may compile a module without init(), and constructors may emit: the receivers that are there by then are known.
  const box = openBox({ ...boxOptions, resolve }, { place: PLACE, beforeUse: () => receivers.join(box) });
  return box;
}

class Lifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  #worker: Worker | undefined;

  constructor(
    private readonly box: Signalbox,
    private readonly options: SignalboxModuleOptions,
    private readonly receivers: ContainerReceivers,
  ) {}

  /** All providers are made by now; none of them has begun to work. */
  onModuleInit(): void {
    this.receivers.complete(this.box, loggerOf(this.options.log));
  }

  async onApplicationBootstrap(): Promise<void> {
    const { worker } = this.options;
    if (worker === undefined || worker === false) return;
    this.#worker = this.box.worker(worker === true ? {} : worker);
    await this.#worker.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker?.stop();
    await this.box.close();
  }
}

// As decorators would, in a form that compiles under both kinds of them.
Injectable()(Lifecycle);
[SIGNALBOX, OPTIONS, ContainerReceivers].forEach((token, index) => Inject(token)(Lifecycle, undefined, index));
