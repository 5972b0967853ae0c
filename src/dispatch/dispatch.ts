// The part of a box that its signals call: passes emits that store nothing to local.ts, reliable ones to reliable.ts.
import { attachDispatcher } from '../core/dispatcher.ts';
import type { DatabaseHandle } from '../core/handles.ts';
import { dialectOf } from '../transaction/drizzle-handle.ts';
import { type LocalParts, LocalDispatch } from './local.ts';
import { type ReliableParts, ReliableDispatch } from './reliable.ts';

export interface DispatchParts extends LocalParts, ReliableParts {
  readonly db: DatabaseHandle;
  /** Called before each emit: a framework may find receivers until then. */
  beforeUse(): void;
}

/** Lets signals find the box through every handle of its database. Returns a function that undoes it. */
export function attach(parts: DispatchParts): () => void {
  const local = new LocalDispatch(parts);
  const reliable = new ReliableDispatch(parts);
  const ready = <T>(part: T): T => {
    parts.beforeUse();
    return part;
  };
  return attachDispatcher(dialectOf(parts.db)!, {
    emit: (...args) => ready(local).emit(...args),
    emitRobust: (...args) => ready(local).emitRobust(...args),
    emitReliable: (...args) => ready(reliable).emitReliable(...args),
    emitMany: (...args) => ready(reliable).emitMany(...args),
  });
}
