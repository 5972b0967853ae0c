// The parts with which operators act, in their order: each act is recorded, and the long ones are errands.
import type { Logger } from '../core/logger.ts';
import type { Receivers } from '../core/receivers.ts';
import type { Events } from '../observe/events.ts';
import { Audit } from '../operate/audit.ts';
import { Deliveries } from '../operate/deliveries.ts';
import { Emissions } from '../operate/emissions.ts';
import { Errands, type ErrandsParts } from '../operate/errands/errands.ts';
import { type PauseParts, Queues } from '../operate/pause.ts';
import { Reads } from '../operate/reads.ts';
import { type Redaction, Redactor } from '../operate/redaction.ts';
import { BoxSignals, Status } from '../operate/status.ts';
import { BoxTallies } from '../operate/tallies.ts';
import type { Store } from '../store/store.ts';
import type { Lifetime } from './lifetime.ts';

export interface OperatingParts {
  readonly store: Store;
  readonly lifetime: Lifetime;
  readonly events: Events;
  readonly log: Logger;
  readonly receivers: Receivers;
  readonly redact: Redaction | undefined;
}

export interface Operating {
  readonly audit: Audit;
  readonly deliveries: Deliveries;
  readonly emissions: Emissions;
  readonly status: Status;
  readonly signals: BoxSignals;
  readonly queues: Queues;
  readonly tallies: BoxTallies;
  readonly errands: Errands;
  readonly pausing: PauseParts;
  readonly errandsParts: ErrandsParts;
}

export function operatingOf({ store, lifetime: box, events, log, receivers: own, redact }: OperatingParts): Operating {
  const audit = new Audit(store.audit, box, log);
  const pausing = { store: store.pause, box, events, audit };
  const reads = new Reads(store.pages, store.details, new Redactor(redact));
  const errandsParts = { store: store.errands, reads, box, events, audit, receivers: { own, list: () => store.catalogue.list() } };
  const errands = new Errands(errandsParts);
  const status = new Status(store.status, box);
  return {
    audit,
    status,
    signals: new BoxSignals(status),
    pausing,
    errandsParts,
    errands,
    queues: new Queues(pausing),
    tallies: new BoxTallies(store.tallies, box),
    deliveries: new Deliveries(store.operations, reads, box, events, audit),
    emissions: new Emissions(store.operations, reads, box),
  };
}
