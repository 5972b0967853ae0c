// Prunes what retention lets go: the workers of a cluster take turns. A turn goes on from where the last one came, with what has become
// old since. Emissions that had to stay then, for a delivery lives or has a longer age, are looked at again by the next pass, which
// begins at the first emission: once a day, so that a million emissions that are kept for ever cost one walk a day.
//
// A worker rests several times as long as it worked, so that a backlog of years leaves the server to others: it takes a fifth of one
// connection's time, which is still ten thousand emissions a second (docs/design/retention.md).
import { sleep } from '../../liveness/sleep.ts';
import { DAY_MS } from '../../core/duration.ts';
import { type Ages, prunesAnything } from '../../core/retention.ts';
import type { Events } from '../../observe/events.ts';
import type { RetentionStore } from '../../store/retention/retention.ts';
import type { MaintenanceTask } from '../task.ts';

export const PRUNE = 'prune';

const EVERY_MS = 60_000;
/** The period of a worker is up to a tenth shorter, and its own turn must not stand in its way. */
const TURN_MS = 50_000;

/** How long it rests between two batches, as a multiple of the time of the last one. */
export const RESTS_PER_BATCH = 4;

export interface PruneTaskParts {
  readonly store: RetentionStore;
  readonly events: Events;
  readonly ages: Ages;
  /** Waits; returns early when the signal is aborted. */
  readonly rest?: (ms: number, abortSignal: AbortSignal) => Promise<void>;
}

export const pruneTask = (parts: PruneTaskParts): MaintenanceTask => ({
  name: PRUNE,
  every: EVERY_MS,
  run: (abortSignal) => takeTurn(parts, abortSignal),
});

/** The task, unless everything is kept for ever. */
export const pruneTasks = (parts: PruneTaskParts): MaintenanceTask[] => (prunesAnything(parts.ages) ? [pruneTask(parts)] : []);

/** It keeps no process alive. */
const restFor = (ms: number, abortSignal: AbortSignal): Promise<void> => sleep(ms, abortSignal, { keepsAlive: false });

async function takeTurn({ store, events, ages, rest = restFor }: PruneTaskParts, abortSignal: AbortSignal): Promise<void> {
  const turn = await store.takeTurn(PRUNE, { everyMs: TURN_MS, passMs: DAY_MS });
  if (turn === undefined) return;
  const total = { emissions: 0, deliveries: 0, errors: 0, durationMs: 0 };
  let { after } = turn;
  try {
    for (let isLast = false; !isLast && !abortSignal.aborted;) {
      const begun = performance.now();
      const batch = await store.prune(ages, after, { task: PRUNE });
      const durationMs = performance.now() - begun;
      total.emissions += batch.emissions;
      total.deliveries += batch.deliveries;
      total.errors += batch.errors;
      total.durationMs += durationMs;
      after = batch.after ?? after;
      ({ isLast } = batch);
      if (!isLast) await rest(RESTS_PER_BATCH * durationMs, abortSignal);
    }
  } finally {
    if (total.emissions > 0) events.raise('maintenance.pruned', total);
  }
  await store.forgetLostWorkers();
}
