// The state that all copies of this package in a process share (core/copies.ts says why there are several), under one
// registered symbol that names the format. None of it belongs to a box: each box has its own receivers and services.
import { FORMAT } from '../core/copies.ts';
import type { Class } from '../core/receivers.ts';
import type { Injectable } from './service.ts';

/** Makes injected values: the registry of a box, of this copy or of another. */
export interface Maker {
  get<T>(token: Injectable<T>): T;
  /** @internal `path` lists the constructions under way, outermost first. */
  resolve<T>(token: Injectable<T>, path: readonly Injectable[]): T;
}

export interface ProcessWide {
  /** Classes that carry `@Service` or have receivers, as far as their decorators can see them. */
  readonly marked: Set<WeakRef<Class>>;
  /** Classes that any box was given. */
  readonly given: WeakSet<Class>;
  /** The maker of each object. */
  readonly makers: WeakMap<object, Maker>;
  /** The construction under way: constructors run to their end without a pause, so one is enough. */
  construction: { readonly maker: Maker; readonly path: readonly Injectable[] } | undefined;
  /** The class that stands for the database: one for all, so that other containers recognise it by identity. */
  db: Class | undefined;
}

const KEY = Symbol.for(`signalbox.process/${FORMAT}`);

/** The shared state of this process. The copy that asks first makes it. */
export function processWide(): ProcessWide {
  const place = globalThis as { [KEY]?: ProcessWide };
  if (!place[KEY])
    Object.defineProperty(place, KEY, {
      value: {
        marked: new Set(),
        given: new WeakSet(),
        makers: new WeakMap(),
        construction: undefined,
        db: undefined,
      } satisfies ProcessWide,
    });
  return place[KEY]!;
}

export function markService(service: Class): void {
  processWide().marked.add(new WeakRef(service));
}

/** All marked classes that are still in memory: for the warning about receivers that no box was given. */
export function markedServices(): Class[] {
  const { marked } = processWide();
  const alive = new Set<Class>();
  for (const reference of marked) {
    const service = reference.deref();
    if (service && !alive.has(service)) alive.add(service);
    else marked.delete(reference);
  }
  return [...alive];
}
