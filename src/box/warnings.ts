// The warnings of a box, about classes, a worker or a catalogue that look wrong but may be intended. The log has each
// warning once, except for those whose facts change meanwhile: missing receivers, waiting deliveries.
import { nameOf } from '../core/copies.ts';
import type { Logger } from '../core/logger.ts';
import type { Class, Receiver } from '../core/receivers.ts';
import { onSignalTags } from '../decorators/on-signal.ts';
import { markedServices, processWide } from '../decorators/process-wide.ts';
import { serviceTag } from '../decorators/service.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { Store } from '../store/store.ts';
import { tellWaiting, waitingElsewhere } from '../store/catalogue/unserved.ts';

/** Names that minifiers give. */
const MINIFIED = /^[\w$]{1,2}$/;

export interface WarningsParts {
  readonly log: Logger;
  /** The place to which a class is added, for messages: the words after "to". */
  readonly place: string;
  readonly driver: Pick<Driver, 'caution'>;
  readonly catalogue: Catalogue;
  readonly store: Store;
}

export class Warnings {
  readonly #parts: WarningsParts;
  readonly #log: Logger;
  readonly #said = new Set<string>();

  constructor(parts: WarningsParts) {
    this.#parts = parts;
    this.#log = parts.log;
  }

  /** Looks at the classes that a box is given. Another box of this process does not miss them. */
  ofGiven(services: readonly Class[], receivers: readonly Receiver[]): void {
    for (const service of services) processWide().given.add(service);
    const minified = receivers.filter(isMinified).map(({ name }) => name);
    if (minified.length > 0 && this.#isNew('minified'))
      this.#log.warn(
        { receivers: minified.slice(0, 10) },
        `the class names of ${minified.length === 1 ? 'a receiver' : `${minified.length} receivers`} look minified, as in ${minified[0]}. They are stored: after the next build the classes may be called otherwise, and deliveries wait for names that are gone. Have the bundler keep the names of classes, or pin them with @Service({ name })`,
      );
  }

  /** Looks for classes with receivers that no box was given. */
  ofForgotten(services: readonly Class[]): void {
    for (const name of forgottenServices(services))
      if (this.#isNew(name))
        this.#log.warn(
          { service: name },
          `${name} has @OnSignal methods and was given to no box, so they receive nothing. Add it to ${this.#parts.place}`,
        );
  }

  /** Looks at what a new worker will have to do, and on what. */
  ofWorker(receivers: number): void {
    const { caution } = this.#parts.driver;
    if (receivers === 0) this.#log.warn({}, 'this box has no receivers, so its worker has nothing to do');
    if (caution && this.#isNew('caution')) this.#log.warn({}, caution);
  }

  /** Looks for deliveries that have been due for a minute, of receivers for which this process has no code. */
  async ofWaiting(): Promise<void> {
    const { store, catalogue } = this.#parts;
    for (const waiting of await waitingElsewhere(store, catalogue, { dueForSeconds: 60 }))
      this.#log.warn(
        { receiver: waiting.name, signal: waiting.signal },
        `${tellWaiting(waiting)}, which this box does not have: another program's, renamed without \`formerly\`, or gone`,
      );
  }

  #isNew(what: string): boolean {
    return !this.#said.has(what) && this.#said.add(what) !== undefined;
  }
}

function isMinified({ name, target }: Receiver): boolean {
  if (target.placement === 'function' || !MINIFIED.test(target.service.name)) return false;
  return serviceTag(target.service)?.name === undefined && name === `${target.service.name}.${String(target.key)}`;
}

/** Names of classes in memory that have receivers of their own, were given to no box, and that none of `services` is or extends. */
export function forgottenServices(services: readonly Class[]): string[] {
  return markedServices()
    .filter((marked) => onSignalTags(marked).length > 0 && !processWide().given.has(marked))
    .filter((marked) => !services.some((service) => service === marked || Object.prototype.isPrototypeOf.call(marked, service)))
    .map(nameOf);
}
