// Calls a receiver: its object comes from the registry, its method from the class that was registered.
// Nothing of this depends on a row's content.
import type { MethodTarget, Receiver } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';
import type { Registry } from './registry.ts';

/**
 * Returns what the receiver returns, so a promise if it is asynchronous.
 * @throws what the registry throws when the service cannot be made, and what the method throws
 */
export function invoke(receiver: Receiver, registry: Registry, payload: unknown, context: object): unknown {
  const { target } = receiver;
  if (target.placement === 'function') return target.call(payload as never, context as never);
  const call = (self: object): unknown => Reflect.apply(methodOf(self, receiver, target), self, [payload, context]);
  if (target.placement === 'static') return call(target.service);
  const self: unknown = registry.get(target.service);
  return self instanceof Promise ? self.then(call) : call(self as object);
}

type Method = (...args: unknown[]) => unknown;

function methodOf(self: object, { signal }: Receiver, { service, key }: MethodTarget): Method {
  const method = (self as Partial<Record<string | symbol, Method>>)[key];
  if (typeof method === 'function') return method;
  throw new SignalboxError(
    'MissingProvider',
    `What provides ${service.name} has no method ${String(key)}, which receives ${signal.name}. Give your override one.`,
  );
}
