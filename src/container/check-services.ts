// Whether the services that receive can be made, found out without making anything: a service that cannot be made would
// fail each of its deliveries, and burn their attempts, while its worker looks well.
import type { Receivers } from '../core/receivers.ts';
import type { Injectable } from '../decorators/service.ts';
import { needsOf } from './dependencies.ts';
import type { Registry } from './registry.ts';

/**
 * Follows what constructors and factories take. What `inject()` takes in a field, and what another container makes, is
 * seen only when it is made. Static methods and functions need no object.
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
