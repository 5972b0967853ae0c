// Calls receivers: the object comes from the registry, the method from the registered class, and the hooks of extensions
// go around the call. None of this depends on the content of a row.
import type { Call, ComposedReceive } from '../core/compose.ts';
import { nameOf } from '../core/copies.ts';
import type { MethodTarget, Receiver } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';
import type { Registry } from '../container/registry.ts';

export type { Call };

/**
 * Makes the service of a receiver without calling it. This is done before a transaction begins, because a service that
 * cannot be made is no failure of the delivery. Returns a promise where another container answers with one.
 * @param around the hooks of the extensions, if there are any
 * @throws the registry's error when the service cannot be made
 */
export function callOf(receiver: Receiver, registry: Registry, around?: ComposedReceive): Call | Promise<Call> {
  const call = boundCall(receiver, registry);
  if (around === undefined) return call;
  return call instanceof Promise ? call.then((made) => around(receiver, made)) : around(receiver, call);
}

function boundCall(receiver: Receiver, registry: Registry): Call | Promise<Call> {
  const { target } = receiver;
  if (target.placement === 'function') return (payload, context) => target.call(payload as never, context as never);
  const boundTo = (self: object): Call => {
    const method = methodOf(self, receiver, target);
    return (payload, context) => Reflect.apply(method, self, [payload, context]);
  };
  if (target.placement === 'static') return boundTo(target.service);
  const self: unknown = registry.get(target.service);
  return self instanceof Promise ? self.then(boundTo) : boundTo(self as object);
}

type Method = (...args: unknown[]) => unknown;

function methodOf(self: object, { signal }: Receiver, { service, key }: MethodTarget): Method {
  const method = (self as Partial<Record<string | symbol, Method>>)[key];
  if (typeof method === 'function') return method;
  throw new SignalboxError(
    'MissingProvider',
    `What provides ${nameOf(service)} has no method ${String(key)}, which receives ${signal.name}. Give the override one.`,
  );
}
