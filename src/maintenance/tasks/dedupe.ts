// Forgets dedupe keys whose windows are over. The workers of a cluster take turns; two that do the same side by side do no harm.
import type { DedupeStore } from '../../store/emissions/deduped.ts';
import type { RetentionStore } from '../../store/retention/retention.ts';
import type { MaintenanceTask } from '../task.ts';

export const DEDUPE = 'dedupe';

const EVERY_MS = 600_000;
/** The period of a worker is up to a tenth shorter, and its own turn must not stand in its way. */
const TURN_MS = EVERY_MS * 0.85;
/** Keys that go in one statement. */
export const DEDUPE_BATCH = 5_000;

export interface DedupeTaskParts {
  readonly store: Pick<DedupeStore, 'forget'>;
  readonly turns: Pick<RetentionStore, 'takeTurn'>;
}

export const dedupeTask = ({ store, turns }: DedupeTaskParts): MaintenanceTask => ({
  name: DEDUPE,
  every: EVERY_MS,
  run: async (abortSignal) => {
    if ((await turns.takeTurn(DEDUPE, { everyMs: TURN_MS, passMs: EVERY_MS })) === undefined) return;
    while (!abortSignal.aborted && (await store.forget(DEDUPE_BATCH)) === DEDUPE_BATCH);
  },
});
