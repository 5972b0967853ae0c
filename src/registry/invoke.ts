// Calls a receiver: its object comes from the registry, its method from the class that was registered.
// Nothing of this depends on a row's content.
import type { Receiver } from '../core/receivers.ts';
import type { Registry } from './registry.ts';

/** @throws what the registry throws when the service cannot be made, and what the method throws */
export function invoke(receiver: Receiver, registry: Registry, payload: unknown, context: object): unknown {
  const { service, key, placement } = receiver.target;
  const self = (placement === 'static' ? service : registry.get(service)) as unknown as Record<
    string | symbol,
    (...args: unknown[]) => unknown
  >;
  return self[key]!(payload, context);
}
