// Checks that the services with receivers can be made, without making anything: a service that cannot be made would
// keep each of its deliveries from running.
import type { Receivers } from '../core/receivers.ts';
import type { Injectable } from '../decorators/service.ts';
import { needsOf } from './dependencies.ts';
import type { Registry } from './registry.ts';

/**
 * Follows the parameters of constructors and factories. The needs of `inject()` in a field, and of objects of another
 * container, show only when those are made. Static methods and functions need no object.
 * @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata`
 */
export function checkReceivers(registry: Registry, receivers: Receivers): void {
  const sound = new Set<Injectable>();
  const visit = (token: Injectable, path: readonly Injectable[]): void => {
    if (sound.has(token)) return;
    const provider = registry.sourceOf(token, path);
    if (provider) for (const need of needsOf(token, provider)) visit(need, [...path, token]);
    sound.add(token);
  };
  for (const { target } of receivers.all) if (target.placement === 'instance') visit(target.service, []);
}
