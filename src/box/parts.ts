// The parts of a box, for what is made for it outside of the core: the testing kit. No interface of the box shows them.
import type { Receivers } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { InTransaction } from '../store/own-run.ts';
import type { Store } from '../store/store.ts';
import type { RunningParts } from '../worker/running/new-runner.ts';
import type { Lifetime } from './lifetime.ts';

export interface KnownParts {
  readonly store: Store;
  readonly lifetime: Lifetime;
  readonly receivers: Receivers;
  readonly catalogue: Catalogue;
  readonly inTransaction: InTransaction;
  /** Of what its runners are made. */
  readonly running: RunningParts;
}

const known = new WeakMap<object, KnownParts>();

export function makeKnown<Made extends object>(box: Made, parts: KnownParts): Made {
  known.set(box, parts);
  return box;
}

export const isBox = (box: object): boolean => known.has(box);

/** @throws SignalboxError `IncompatibleCopy` for what is no box of this copy, `BoxClosed` */
export function partsOf(box: object): KnownParts {
  const parts = known.get(box);
  if (!parts)
    throw new SignalboxError(
      'IncompatibleCopy',
      'What was given is not a box of this copy of signalbox. Give what createSignalbox returned, and see that the project has one copy of the package: npm ls signalbox.',
    );
  parts.lifetime.assertOpen();
  return parts;
}
