// The services of a box: the classes that it was given, at first or later, and the registry that makes them. How a class becomes
// receivers is decided in receivers/register.ts, how an object is made in container/registry.ts.
import type { AmbientDatabase, DatabaseHandle } from '../core/handles.ts';
import { checkValue } from '../core/options.ts';
import type { Class, Receivers } from '../core/receivers.ts';
import { checkReceivers } from '../container/check-services.ts';
import { provide } from '../container/provider.ts';
import { Registry } from '../container/registry.ts';
import { receiversOf } from '../receivers/register.ts';
import type { Ambient } from '../transaction/ambient.ts';
import { Db } from '../transaction/ambient-db.ts';
import type { Lifetime } from './lifetime.ts';
import { BOX_OPTIONS, type BoxSettings } from './options.ts';
import type { Warnings } from './warnings.ts';

/** For the adapter of a framework, whose container finds classes and makes objects by itself. Applications do not need it. */
export interface BoxFramework {
  /**
   * Adds services whose `@OnSignal` methods receive signals, as if they had been among `services` from the start. Returns the undo: they
   * receive nothing more, and deliveries that are stored by then wait for a process that has them. Objects that were made stay.
   * @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`, `BoxClosed`
   */
  register(services: readonly Class[]): () => void;
  /** Makes an object of another container known as this box's, so that its `@Transactional` methods find the box. @throws SignalboxError `BoxClosed` */
  adopt(made: object): void;
}

export interface ServicesParts {
  readonly settings: Pick<BoxSettings<DatabaseHandle>, 'services' | 'providers' | 'overrides' | 'resolve'>;
  readonly receivers: Receivers;
  readonly ambient: Ambient;
  readonly ambientDb: AmbientDatabase;
  readonly warnings: Warnings;
  readonly lifetime: Lifetime;
}

export class Services implements BoxFramework {
  readonly registry: Registry;
  readonly #parts: ServicesParts;
  readonly #known: Set<Class>;
  /** Another container makes its services itself. */
  readonly #makes: boolean;

  constructor(parts: ServicesParts) {
    const { ambient, ambientDb, receivers, warnings } = parts;
    const { services, providers, overrides, resolve } = parts.settings;
    this.#parts = parts;
    this.#known = new Set(services);
    this.#makes = resolve === undefined;
    this.registry = new Registry(
      [provide(Db, { useValue: ambientDb }), ...(this.#makes ? services.map(selfProvided) : []), ...providers, ...overrides],
      resolve,
      // The container itself decides about its objects.
      (work) => (resolve ? ambient.outside(work) : ambient.neutrally(work)),
    );
    warnings.ofGiven(services, receivers.all);
  }

  register(services: readonly Class[]): () => void {
    const { lifetime, receivers, warnings } = this.#parts;
    lifetime.assertTakesWork();
    checkValue(services, BOX_OPTIONS.services, 'box.framework.register', 'its argument');
    const added = services.filter((service) => !this.#known.has(service));
    const found = receiversOf(added).all;
    receivers.add(found);
    for (const service of added) this.#known.add(service);
    warnings.ofGiven(added, found);
    if (this.#makes) this.registry.provide(added.map(selfProvided));
    return () => {
      receivers.remove(found);
      for (const service of added) this.#known.delete(service);
    };
  }

  adopt(made: object): void {
    this.#parts.lifetime.assertOpen();
    this.registry.adopt(made);
  }

  /** Whether all that receive can be made. @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata` */
  check(): void {
    checkReceivers(this.registry, this.#parts.receivers);
  }

  /** Tells of classes with receivers that no box was given. */
  warnOfForgotten(): void {
    this.#parts.warnings.ofForgotten([...this.#known]);
  }
}

const selfProvided = (service: Class): ReturnType<typeof provide> => provide(service, { useClass: service });
