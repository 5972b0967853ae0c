// A proxy of a client, for drivers whose clients are plain objects with methods: it looks and behaves like the client
// behind it, except that calls which send statements pass through a function first.
import type { Client, Gate } from './driver.ts';
import { refuseEnding } from './transaction-control.ts';

/** The names of the methods that send statements. */
export type Sending = ReadonlySet<string | symbol>;

/** Recognised by its `then`: node-postgres can be configured with another promise library. */
export function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function';
}

/** The same client, each statement of which passes the gate first. @param adapt replaces the arguments of a call */
export function gated(client: Client, sending: Sending, gate: Gate, adapt = (args: unknown[]): unknown[] => args): Client {
  return passing(
    () => client,
    sending,
    (call, args) => {
      gate.enter();
      refuseEnding(args[0]);
      gate.onSent?.(args[0]);
      const result = call(adapt(args));
      if (isThenable(result)) gate.watch(result);
      return result;
    },
  );
}

type Send = (call: (args: unknown[]) => unknown, args: unknown[]) => unknown;

/** A client that calls `pick()` for each use to find the real one; the methods in `sending` go through `send`. */
export function passing(pick: () => Client, sending: Sending = new Set(), send: Send = (call, args) => call(args)): Client {
  return new Proxy(
    {},
    {
      get(_target, key) {
        const member: unknown = Reflect.get(pick(), key);
        if (typeof member !== 'function') return member;
        // The method is looked up again when it is called: `pick()` may return another client by then.
        const call = (args: unknown[]): unknown => {
          const client = pick();
          return Reflect.apply(Reflect.get(client, key) as () => unknown, client, args);
        };
        return (...args: unknown[]): unknown => (sending.has(key) ? send(call, args) : call(args));
      },
      has: (_target, key) => Reflect.has(pick(), key),
      getPrototypeOf: () => Reflect.getPrototypeOf(pick()),
    },
  );
}

/** The same client, with some members of its own. */
export function withOwn(client: Client, own: Readonly<Record<string | symbol, unknown>>): Client {
  return new Proxy(
    passing(() => client),
    { get: (target, key): unknown => own[key] ?? Reflect.get(target, key) },
  );
}
