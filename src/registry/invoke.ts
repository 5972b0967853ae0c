// Calls a receiver: its object comes from the registry, its method from the class that was registered.
// Nothing of this depends on a row's content.
import type { Receiver } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';
import type { Registry } from './registry.ts';

/** @throws what the registry throws when the service cannot be made, and what the method throws */
export function invoke(receiver: Receiver, registry: Registry, payload: unknown, context: object): unknown {
  const { service, key, placement } = receiver.target;
  const self = (placement === 'static' ? service : registry.get(service)) as Partial<
    Record<string | symbol, (...args: unknown[]) => unknown>
  >;
  const method = self[key];
  if (typeof method !== 'function')
    throw new SignalboxError(
      'MissingProvider',
      `What provides ${service.name} has no method ${String(key)}, which receives ${receiver.signal.name}. Give your override one.`,
    );
  return Reflect.apply(method, self, [payload, context]);
}
