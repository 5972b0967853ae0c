// The receivers of a process, found by stored name and by signal.
// A name from a row is only ever looked up in this table; no row can make a process import or call anything else.
import { SignalboxError } from '../errors.ts';
import type { Isolation } from './isolation.ts';
import { nameOf } from './copies.ts';
import type { RetryPolicy } from './retry.ts';
import type { Signal } from './signal.ts';

/** A class, also one without public constructor. */
export type Class<T = object> = abstract new (...args: never[]) => T;

/** The code of a receiver: a method of a service, a static method of its class, or a function. */
export type ReceiverTarget = MethodTarget | FunctionTarget;

export interface MethodTarget {
  readonly placement: 'instance' | 'static';
  readonly service: Class;
  readonly key: string | symbol;
}

export interface FunctionTarget {
  readonly placement: 'function';
  readonly call: (payload: never, context: never) => unknown;
}

/** A method or function that a signal reaches, under its stored name. */
export interface Receiver {
  readonly name: string;
  /** Stored names that it had before. */
  readonly formerly: readonly string[];
  readonly signal: Signal;
  readonly queue: string;
  /** Higher is claimed first. */
  readonly priority: number;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly transactional: boolean;
  /** The isolation level of its transaction. */
  readonly isolation: Isolation;
  /** The largest number of deliveries in one call, if it takes several. */
  readonly batch?: number | undefined;
  /** How many of its deliveries may share a transaction; `false`: none, whatever the box says. */
  readonly share?: number | false | undefined;
  readonly target: ReceiverTarget;
}

/** The receivers of a box. The cost of a change depends on the change, not on the number of receivers. */
export class Receivers {
  readonly #all = new Set<Receiver>();
  readonly #bySignal = new Map<string, Set<Receiver>>();
  readonly #byName = new Map<string, Receiver>();
  /** The receivers of each name, present or former: all of one method or function. */
  readonly #byClaim = new Map<string, Set<Receiver>>();
  /** The sets as lists, made on demand. */
  #list: readonly Receiver[] | undefined;
  readonly #lists = new Map<string, readonly Receiver[]>();
  #version = 0;

  /** @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken` */
  constructor(all: readonly Receiver[]) {
    for (const receiver of all) this.#insert(receiver);
  }

  get all(): readonly Receiver[] {
    return (this.#list ??= [...this.#all]);
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** Adds receivers, all or none. @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken` */
  add(receivers: readonly Receiver[]): void {
    const added: Receiver[] = [];
    try {
      for (const receiver of receivers) {
        this.#insert(receiver);
        added.push(receiver);
      }
    } catch (error) {
      for (const receiver of added) this.#delete(receiver);
      throw error;
    }
    this.#version++;
  }

  remove(receivers: readonly Receiver[]): void {
    for (const receiver of receivers) this.#delete(receiver);
    this.#version++;
  }

  /** The receivers of a signal, in the order in which they were registered. */
  of({ name }: Pick<Signal, 'name'>): readonly Receiver[] {
    let list = this.#lists.get(name);
    if (!list) this.#lists.set(name, (list = [...(this.#bySignal.get(name) ?? [])]));
    return list;
  }

  /** The receiver stored under a name for a signal, if this process has it. */
  find(name: string, signalName: string): Receiver | undefined {
    return this.#byName.get(keyOf(name, signalName));
  }

  #insert(receiver: Receiver): void {
    this.#check(receiver);
    const { name, signal } = receiver;
    this.#all.add(receiver);
    this.#byName.set(keyOf(name, signal.name), receiver);
    for (const [map, key] of this.#places(receiver)) {
      const set = map.get(key);
      if (set) set.add(receiver);
      else map.set(key, new Set([receiver]));
    }
    this.#forgetLists(signal);
  }

  #delete(receiver: Receiver): void {
    if (!this.#all.delete(receiver)) return;
    const { name, signal } = receiver;
    this.#byName.delete(keyOf(name, signal.name));
    for (const [map, key] of this.#places(receiver)) {
      const set = map.get(key)!;
      set.delete(receiver);
      if (set.size === 0) map.delete(key);
    }
    this.#forgetLists(signal);
  }

  /** The sets that it is in. */
  #places(receiver: Receiver): (readonly [map: Map<string, Set<Receiver>>, key: string])[] {
    const claims = claimsOf(receiver).map((name) => [this.#byClaim, name] as const);
    return [[this.#bySignal, receiver.signal.name], ...claims];
  }

  #forgetLists({ name }: Signal): void {
    this.#list = undefined;
    this.#lists.delete(name);
  }

  #check(receiver: Receiver): void {
    const { name, signal, target } = receiver;
    for (const claimed of claimsOf(receiver)) {
      // All receivers with this name have the same target.
      const [namesake] = this.#byClaim.get(claimed) ?? [];
      if (namesake && !sameTarget(namesake.target, target)) throw nameTaken(claimed, namesake.target, target);
    }
    const [sibling] = this.#bySignal.get(signal.name) ?? [];
    if (sibling && sibling.signal !== signal)
      throw new SignalboxError(
        'SignalNameTaken',
        `${name} and ${sibling.name} receive two different signals that are both named ${signal.name}. Define each signal once and import it.`,
      );
    if (this.find(name, signal.name))
      throw new SignalboxError('ReceiverNameTaken', `${name} receives ${signal.name} twice. Remove one of the two.`);
    for (const claimed of claimsOf(receiver))
      for (const other of this.#byClaim.get(claimed) ?? [])
        if (other.signal === signal)
          throw new SignalboxError(
            'ReceiverNameTaken',
            `${name} and ${other.name} are two receivers of ${signal.name}, and both have, or had, the name ${claimed}. Take it out of the \`formerly\` of one of them.`,
          );
  }
}

/** The names of a receiver, present and former. Each belongs to one method or function. */
const claimsOf = ({ name, formerly }: Receiver): string[] => [...new Set([name, ...formerly])];

/** Unambiguous, because names contain no space. */
const keyOf = (name: string, signalName: string): string => `${name} ${signalName}`;

function sameTarget(a: ReceiverTarget, b: ReceiverTarget): boolean {
  if (a.placement === 'function') return b.placement === 'function' && a.call === b.call;
  return b.placement === a.placement && a.service === b.service && a.key === b.key;
}

function place(target: ReceiverTarget): string {
  if (target.placement === 'function') return `the function ${target.call.name || '(anonymous)'}`;
  return `${target.placement === 'static' ? 'static ' : ''}${nameOf(target.service)}.${String(target.key)}`;
}

function nameTaken(name: string, one: ReceiverTarget, other: ReceiverTarget): SignalboxError<'ReceiverNameTaken'> {
  const twins = one.placement !== 'function' && place(one) === place(other);
  const where = twins ? `two classes named ${nameOf(one.service)}` : `${place(one)} and ${place(other)}`;
  return new SignalboxError(
    'ReceiverNameTaken',
    `The receiver name ${name} is claimed by ${where}. Give one of them another name, with @Service({ name }) or @OnSignal(signal, { name }).`,
  );
}
