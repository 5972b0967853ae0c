// Finds the objects of a NestJS container that receive signals, and gets them for a delivery. A class is found however
// it is provided: by its name, under another token, by a factory, as a value or as a controller.
//
// It may be asked before the container is complete (a constructor that emits) and again later: it then finds the rest.
import type { DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Signalbox } from '../box/box.ts';
import type { Class } from '../core/receivers.ts';
import { nameOf } from '../core/copies.ts';
import type { Logger } from '../core/logger.ts';
import { onSignalTags } from '../decorators/on-signal.ts';
import type { Injectable } from '../decorators/service.ts';
import { SignalboxError } from '../errors.ts';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

export class ContainerReceivers {
  readonly #discovery: DiscoveryService;
  readonly #modules: ModulesContainer;
  readonly #container: ModuleRef;
  /** By class: where its object comes from. Looked up for each delivery, searched for once. */
  readonly #sources = new Map<unknown, Wrapper>();
  readonly #doubled = new Set<Class>();
  #isComplete = false;

  constructor(discovery: DiscoveryService, modules: ModulesContainer, container: ModuleRef) {
    this.#discovery = discovery;
    this.#modules = modules;
    this.#container = container;
  }

  /** The classes with receivers that are there by now. A class of several modules receives through the object of the first. */
  classes(): Class[] {
    for (const wrapper of this.#wrappers()) {
      const service = classOf(wrapper);
      if (!service || onSignalTags(service).length === 0) continue;
      const source = this.#sources.get(service);
      if (!source) this.#sources.set(service, wrapper);
      else if (isOther(source, wrapper)) this.#doubled.add(service);
    }
    return [...this.#sources.keys()] as Class[];
  }

  #objects(): object[] {
    return this.#wrappers().flatMap((wrapper) => objectOf(wrapper) ?? []);
  }

  /** Makes known to the box what is there by now. */
  join(box: Signalbox): void {
    if (this.#isComplete) return;
    box.framework.register(this.classes());
    for (const made of this.#objects()) box.framework.adopt(made);
  }

  /** The same for the last time: the container is complete. @throws SignalboxError `MissingProvider` */
  complete(box: Signalbox, log: Logger): void {
    this.join(box);
    this.#isComplete = true;
    this.#check(log);
  }

  /** Says what looks wrong once the container is complete. @throws SignalboxError `MissingProvider` for receivers that NestJS cannot provide */
  #check(log: Logger): void {
    for (const service of this.#doubled)
      log.warn(
        { service: nameOf(service) },
        `${nameOf(service)} is a provider of several modules, so there are several objects of it; one of them receives. Provide it in one module and export it`,
      );
    for (const { metatype } of [...this.#modules.values()].flatMap((module) => [...module.injectables.values()]))
      if (isClass(metatype) && !this.#sources.has(metatype) && onSignalTags(metatype).length > 0)
        throw new SignalboxError(
          'MissingProvider',
          `${nameOf(metatype)} has @OnSignal methods, and NestJS knows it as a guard, pipe, interceptor or filter only, so it would receive nothing. Add it to the providers of its module.`,
        );
  }

  /**
   * The object of a class with receivers, or what else the container has. Request-scoped and transient ones are made for each
   * delivery, and come as a promise.
   */
  get(token: Injectable): unknown {
    const wrapper = this.#sources.get(token) ?? this.#search(token);
    if (!wrapper) return this.#container.get(token as never, { strict: false });
    return objectOf(wrapper) ?? this.#container.resolve(wrapper.token as never, undefined, { strict: false });
  }

  #search(token: Injectable): Wrapper | undefined {
    const found =
      this.#wrappers().find((wrapper) => wrapper.token === token) ?? this.#wrappers().find(({ metatype }) => metatype === token);
    if (found) this.#sources.set(token, found);
    return found;
  }

  #wrappers(): Wrapper[] {
    return [...this.#discovery.getProviders(), ...this.#discovery.getControllers()];
  }
}

/** The one object of a provider; `undefined` if it is made for each request or use. */
function objectOf(wrapper: Wrapper): object | undefined {
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) return undefined;
  const instance: unknown = wrapper.instance;
  return typeof instance === 'object' && instance !== null ? instance : undefined;
}

/**
 * The class of the existing object, because only that shows what a factory returned; else the class that will be made.
 */
function classOf(wrapper: Wrapper): Class | undefined {
  const made = objectOf(wrapper);
  // Not `made.constructor`: a value may be a proxy that answers for every name.
  const prototype: unknown = made && Object.getPrototypeOf(made);
  if (prototype) return Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as Class | undefined;
  return isClass(wrapper.metatype) && !wrapper.isFactory ? wrapper.metatype : undefined;
}

/** Another object of the same class, and not another name of the same one. */
function isOther(one: Wrapper, other: Wrapper): boolean {
  return one !== other && !other.isAlias && objectOf(one) !== objectOf(other);
}

const isClass = (metatype: unknown): metatype is Class => typeof metatype === 'function' && metatype.prototype !== undefined;
