// Notices uses of the plain database while a transaction of its box is open. Every code base has a module-level `db`,
// and a write through it inside a transaction or a receiver uses another connection and takes effect at once, even if
// the transaction rolls back: it is outside the fence. Without another connection, it waits for the very transaction
// that waits for it.
//
// Watched are the methods of the tracked object, by the async context of the call. Not seen are `db.$client`, a query
// that was prepared outside, and code whose async context is lost. Outside of transactions a call costs one read of the
// context.
import type { DatabaseHandle } from '../core/handles.ts';
import type { Logger } from '../core/logger.ts';
import type { Driver } from '../drivers/driver.ts';
import { SignalboxError } from '../errors.ts';
import type { Ambient } from './ambient.ts';

/** The reaction to a write through the plain database inside a transaction. */
export type OutsideWrites = 'warn' | 'refuse' | 'allow';

export interface OutsideWritesParts {
  readonly db: DatabaseHandle;
  readonly driver: Pick<Driver, 'name' | 'maxConnections'>;
  readonly ambient: Ambient;
  readonly log: Logger;
  readonly policy: OutsideWrites;
}

/** The connection that a call beside the transaction gets. */
type Beside = 'another connection' | 'the same session' | 'nothing';

type Method = (...args: unknown[]) => unknown;

const WRITES = ['insert', 'update', 'delete', 'execute', 'refreshMaterializedView'];
const READS = ['select', 'selectDistinct', 'selectDistinctOn', '$count'];

export class OutsideWatch {
  readonly #parts: OutsideWritesParts;
  readonly #told = new Set<string>();
  readonly #beside: Beside;
  readonly #undo: (() => void)[] = [];

  /** Starts watching, unless the policy allows all. `db.transaction` must be the tracked one already. */
  constructor(parts: OutsideWritesParts) {
    this.#parts = parts;
    this.#beside = besideOf(parts.driver);
    if (parts.policy === 'allow') return;
    if (this.#beside !== 'the same session') {
      for (const method of WRITES) this.#watch(method, (args) => (method === 'execute' && isRead(args[0]) ? undefined : args[0]));
      if (this.#beside === 'nothing') for (const method of READS) this.#watch(method, () => null);
      this.#watchWith();
    }
    this.#watchTransaction();
  }

  /** Stops watching, and restores the original methods. */
  release(): void {
    for (const undo of this.#undo.splice(0).toReversed()) undo();
  }

  /**
   * Reports a call that is about to use the plain database.
   * @param call for messages, as `db.insert(orders)`
   * @throws SignalboxError `OutsideTransaction`
   */
  notice(call: string): void {
    const { ambient, policy, log } = this.#parts;
    if (policy === 'allow' || !ambient.current()?.isOpen) return;
    const waits = this.#beside === 'nothing' || this.#beside === 'the same session';
    if (policy === 'warn' && !waits && this.#told.has(call)) return;
    const at = placeOfCall();
    const message =
      `${call} was called inside a transaction, on the plain database${at === undefined ? '' : ` (${at})`}: ` +
      (waits
        ? 'it waits for the only connection, which that transaction has, for ever. '
        : 'it takes effect on another connection, at once, and stays when the transaction is rolled back. ') +
      'Use the tx of the callback or of the receiver, or the injected Db. Send queries that are meant to be apart through a second object, made with drizzle({ client })';
    if (policy === 'refuse' || waits) throw new SignalboxError('OutsideTransaction', `${message}.`);
    this.#told.add(call);
    log.warn({ call, at }, message);
  }

  /** @param subjectOf the table or query of the call; `undefined` if the call may pass */
  #watch(name: string, subjectOf: (args: readonly unknown[]) => unknown): void {
    this.#replace(name, (original, isPlain) => {
      const notice = (args: readonly unknown[]): void => {
        const subject = subjectOf(args);
        if (subject !== undefined) this.notice(`db.${name}(${nameOf(subject)})`);
      };
      return function watched(this: object, ...args: unknown[]) {
        if (isPlain(this)) notice(args);
        return Reflect.apply(original, this, args);
      };
    });
  }

  /** Watches `with`, which returns builders that write by themselves. */
  #watchWith(): void {
    this.#replace('with', (original, isPlain) => {
      const watch = (builders: Record<string, unknown>): object =>
        Object.fromEntries(
          Object.entries(builders).map(([name, build]) => [
            name,
            WRITES.includes(name) && typeof build === 'function'
              ? (...args: unknown[]) => {
                  this.notice(`db.with(…).${name}(${nameOf(args[0])})`);
                  return Reflect.apply(build, builders, args) as unknown;
                }
              : build,
          ]),
        );
      return function watched(this: object, ...args: unknown[]) {
        const builders = Reflect.apply(original, this, args);
        return isPlain(this) ? watch(builders as Record<string, unknown>) : builders;
      };
    });
  }

  #watchTransaction(): void {
    this.#replace('transaction', (original, isPlain) => {
      const notice = (): void => this.notice('db.transaction()');
      return async function watched(this: object, ...args: unknown[]) {
        if (isPlain(this)) notice();
        return Reflect.apply(original, this, args);
      };
    });
  }

  /**
   * @param make gets the original method, and a function that says whether a call is on the tracked object itself,
   *   because derived objects inherit the method
   */
  #replace(name: string, make: (original: Method, isPlain: (self: object) => boolean) => Method): void {
    const { db, ambient } = this.#parts;
    const before = Object.getOwnPropertyDescriptor(db, name);
    const original = (db as unknown as Record<string, unknown>)[name];
    if (typeof original !== 'function') return;
    const isPlain = (self: object): boolean => self === db && ambient.current() !== undefined;
    Object.defineProperty(db, name, { value: make(original as Method, isPlain), configurable: true, writable: true });
    this.#undo.push(() => {
      if (before) Object.defineProperty(db, name, before);
      else delete (db as unknown as Record<string, unknown>)[name];
    });
  }
}

function besideOf({ name, maxConnections }: OutsideWritesParts['driver']): Beside {
  if (maxConnections === 1) return 'nothing';
  if (maxConnections !== undefined) return 'another connection';
  // A single client of node-postgres sends all that it is given on its one session, so into the open transaction.
  return name === 'node-postgres' ? 'the same session' : 'nothing';
}

const NAME = Symbol.for('drizzle:Name');

function nameOf(subject: unknown): string {
  const name: unknown = typeof subject === 'object' && subject !== null ? (subject as Record<symbol, unknown>)[NAME] : undefined;
  return typeof name === 'string' ? name : '';
}

/** Whether a statement of the application only reads, judged by its beginning. An unclear one counts as a write. */
function isRead(query: unknown): boolean {
  const text = textOf(query);
  if (/^\s*(select|show|values|table|explain)\b/i.test(text)) return true;
  return /^\s*with\b/i.test(text) && !/\b(insert|update|delete|merge)\b/i.test(text);
}

/** The text of the argument of Drizzle's `execute`, without its parameters. */
function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const { queryChunks } = (query ?? {}) as { queryChunks?: unknown };
  if (!Array.isArray(queryChunks)) return '';
  return queryChunks.map((chunk: { value?: unknown } | undefined) => (Array.isArray(chunk?.value) ? chunk.value.join('') : ' ')).join('');
}

/** This package's files as they run, and the sources that a source map names in their place. */
const OWN_FOLDERS = [new URL('..', import.meta.url).href, new URL('../../src/', import.meta.url).href];

/** The line of the application that called, as `file:line:column`. */
function placeOfCall(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = stackTraceLimit;
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?\/?[^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined || place.startsWith('node:') || isOwn(place)) continue;
    return place;
  }
  return undefined;
}

function isOwn(place: string): boolean {
  const url = place.startsWith('file://') ? place : `file://${place}`;
  return OWN_FOLDERS.some((folder) => url.startsWith(folder));
}
