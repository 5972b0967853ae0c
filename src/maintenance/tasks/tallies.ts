// Samples the gauges, and keeps the tallies small: rows of workers are added up after an hour, minutes become hours after two days, and
// hours are forgotten after 90 days. The workers of a cluster take turns; two that do the same side by side do no harm.
import { DAY_MS, HOUR_MS } from '../../core/duration.ts';
import type { RetentionStore } from '../../store/retention/retention.ts';
import { FOLD_BATCH, type TalliesStore } from '../../store/tallies/tallies.ts';
import type { MaintenanceTask } from '../task.ts';

export const GAUGES = 'gauges';
export const TALLIES = 'tallies';

const SAMPLE_EVERY_MS = 15_000;
const FOLD_EVERY_MS = 600_000;
/** The period of a worker is up to a tenth shorter, and its own turn must not stand in its way. */
const TURN = 0.85;

/** Ages of what is folded, and the spans into which. An hour is longer than a worker tries to write a minute (tallies/counters.ts). */
const FOLDS = [
  { spanSeconds: 60, olderThanMs: HOUR_MS },
  { spanSeconds: 3_600, olderThanMs: 2 * DAY_MS },
] as const;
const KEPT_MS = 90 * DAY_MS;

export interface TallyTaskParts {
  readonly store: Pick<TalliesStore, 'sample' | 'fold' | 'forget'>;
  readonly turns: Pick<RetentionStore, 'takeTurn'>;
}

export const tallyTasks = (parts: TallyTaskParts): MaintenanceTask[] => [
  { name: GAUGES, every: SAMPLE_EVERY_MS, run: () => sample(parts) },
  { name: TALLIES, every: FOLD_EVERY_MS, run: (abortSignal) => fold(parts, abortSignal) },
];

/** It remembers no place to go on from. */
const isTurn = async ({ turns }: TallyTaskParts, task: string, everyMs: number): Promise<boolean> =>
  (await turns.takeTurn(task, { everyMs: everyMs * TURN, passMs: everyMs })) !== undefined;

async function sample(parts: TallyTaskParts): Promise<void> {
  if (await isTurn(parts, GAUGES, SAMPLE_EVERY_MS)) await parts.store.sample();
}

async function fold(parts: TallyTaskParts, abortSignal: AbortSignal): Promise<void> {
  if (!(await isTurn(parts, TALLIES, FOLD_EVERY_MS))) return;
  const { store } = parts;
  for (const { spanSeconds, olderThanMs } of FOLDS)
    while (!abortSignal.aborted && (await store.fold(spanSeconds, olderThanMs)) === FOLD_BATCH);
  while (!abortSignal.aborted && (await store.forget(KEPT_MS)) >= FOLD_BATCH);
}
