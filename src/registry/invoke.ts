// Calls a receiver: its object comes from the registry, its method from the class that was registered.
// Nothing of this depends on a row's content.
import type { Receiver } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';
import type { Registry } from './registry.ts';

/** @throws what the registry throws when the service cannot be made, and what the method throws */
export async function invoke(receiver: Receiver, registry: Registry, payload: unknown, context: object): Promise<unknown> {
  const { target } = receiver;
  if (target.placement === 'function') return target.call(payload as never, context as never);
  const { service, key, placement } = target;
  const self = (placement === 'static' ? service : await registry.obtain(service)) as Partial<
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
