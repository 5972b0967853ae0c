// signalbox/nest: a NestJS module that finds @OnSignal methods on the providers of the application, gives `Db` by
// injection, and runs a worker in the application's life. What a delivery is and how it runs is the box's.
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
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { createSignalbox, Db, type Signalbox, type SignalboxOptions, type WorkerOptions } from '../index.ts';
import { BOX_OPTIONS } from '../box.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { callable, listOf, object } from '../core/rules.ts';
import type { Injectable as Token } from '../decorators/service.ts';
import { onSignalTags } from '../decorators/on-signal.ts';
import type { DatabaseHandle } from '../core/handles.ts';
import { WORKER_OPTIONS } from '../worker/options.ts';
import type { Worker } from '../worker/worker.ts';

/** What the module is made of: the options of `createSignalbox` but for what NestJS supplies, and those of its worker. */
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
  /** What `useFactory` is called with. */
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
 * Signalbox in a NestJS application. Providers with `@OnSignal` methods receive signals; `Db` and {@link SIGNALBOX} can
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
      { provide: SIGNALBOX, useFactory: boxOf, inject: [OPTIONS, ModuleRef, DiscoveryService] },
      { provide: Db, useFactory: (box: Signalbox) => box.db, inject: [SIGNALBOX] },
      Lifecycle,
    ],
    exports: [SIGNALBOX, Db],
  };
}

function boxOf(options: SignalboxModuleOptions, container: ModuleRef, discovery: DiscoveryService): Signalbox {
  checkOptions(options, MODULE_OPTIONS, 'SignalboxModule', { required: ['db'] });
  const { worker: _worker, ...boxOptions } = options;
  return createSignalbox({ ...boxOptions, resolve: (token) => instanceOf(token, container, discovery) });
}

/** Request-scoped providers are made anew for each delivery. */
function instanceOf(token: Token, container: ModuleRef, discovery: DiscoveryService): unknown {
  const wrapper = discovery.getProviders().find(({ metatype }) => metatype === token);
  const named = (wrapper?.token ?? token) as Class;
  return wrapper === undefined || wrapper.isDependencyTreeStatic()
    ? container.get(named as never, { strict: false })
    : container.resolve(named as never, undefined, { strict: false });
}

class Lifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  #worker: Worker | undefined;

  constructor(
    private readonly box: Signalbox,
    private readonly options: SignalboxModuleOptions,
    private readonly discovery: DiscoveryService,
  ) {}

  /** All providers are made by now; none of them has begun to work. */
  onModuleInit(): void {
    const providers = this.discovery.getProviders();
    const classes = providers.map(({ metatype }) => metatype).filter((metatype) => isClass(metatype) && onSignalTags(metatype).length > 0);
    this.box.register([...new Set(classes as Class[])]);
    for (const { instance } of [...providers, ...this.discovery.getControllers()] as { instance: unknown }[])
      if (typeof instance === 'object' && instance !== null) this.box.adopt(instance);
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

const isClass = (metatype: unknown): metatype is Class => typeof metatype === 'function' && metatype.prototype !== undefined;

// As decorators would, in a form that compiles under both kinds of them.
Injectable()(Lifecycle);
[SIGNALBOX, OPTIONS, DiscoveryService].forEach((token, index) => Inject(token)(Lifecycle, undefined, index));
