// The receivers of a process: what each is, and the table that finds them by stored name and by signal.
// A name from a row is only ever looked up here; nothing is imported or called because a row says so.
import { SignalboxError } from '../errors.ts';
import type { Isolation } from './isolation.ts';
import { nameOf } from './copies.ts';
import type { RetryPolicy } from './retry.ts';
import type { Signal } from './signal.ts';

/** A class, also one without public constructor. */
export type Class<T = object> = abstract new (...args: never[]) => T;

/** Where the code of a receiver is: a method of a service, a static method of its class, or a function. */
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
  /** Of its transaction. */
  readonly isolation: Isolation;
  /** How many deliveries one call takes at most, if it takes several. */
  readonly batch?: number | undefined;
  readonly target: ReceiverTarget;
}

/** The receivers of a box. */
export class Receivers {
  #table: Table;
  #version = 0;

  /** @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken` */
  constructor(all: readonly Receiver[]) {
    this.#table = new Table(all);
  }

  get all(): readonly Receiver[] {
    return this.#table.all;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** Adds receivers, all or none. @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken` */
  add(receivers: readonly Receiver[]): void {
    this.#table = new Table([...this.all, ...receivers]);
    this.#version++;
  }

  remove(receivers: readonly Receiver[]): void {
    this.#table = new Table(this.all.filter((receiver) => !receivers.includes(receiver)));
    this.#version++;
  }

  /** The receivers of a signal, in the order in which they were registered. */
  of(signal: Signal): readonly Receiver[] {
    return this.#table.bySignal.get(signal.name) ?? [];
  }

  /** The receiver stored under a name for a signal, if this process has it. */
  find(name: string, signalName: string): Receiver | undefined {
    return this.#table.byName.get(keyOf(name, signalName));
  }
}

class Table {
  readonly all: readonly Receiver[];
  readonly bySignal = new Map<string, Receiver[]>();
  readonly byName = new Map<string, Receiver>();

  constructor(all: readonly Receiver[]) {
    this.all = all;
    checkNames(all);
    for (const receiver of all) {
      const { name, signal } = receiver;
      const siblings = this.bySignal.get(signal.name) ?? [];
      const definition = siblings[0]?.signal;
      if (definition && definition !== signal)
        throw new SignalboxError(
          'SignalNameTaken',
          `${name} and ${siblings[0]?.name} receive two different signals that are both named ${signal.name}. Define each signal once and import it.`,
        );
      if (this.byName.has(keyOf(name, signal.name)))
        throw new SignalboxError('ReceiverNameTaken', `${name} receives ${signal.name} twice. Remove one of the two.`);
      this.byName.set(keyOf(name, signal.name), receiver);
      this.bySignal.set(signal.name, [...siblings, receiver]);
    }
  }
}

/** A name, of today or before, belongs to one method or function. */
function checkNames(all: readonly Receiver[]): void {
  const targets = new Map<string, ReceiverTarget>();
  for (const { name, formerly, target } of all)
    for (const claimed of [name, ...formerly]) {
      const namesake = targets.get(claimed);
      if (namesake && !sameTarget(namesake, target)) throw nameTaken(claimed, namesake, target);
      targets.set(claimed, target);
    }
}

/** Names hold no space, so this joins without doubt. */
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
