// Carries the errands of the database on. Several workers may do so at once: each batch locks its errand, and another process passes that over.
import type { MaintenanceTask } from '../task.ts';

export const ERRANDS = 'errands';

/** @param work does batches until no errand is left to this process; must be safe to run side by side */
export const errandsTask = (work: (abortSignal: AbortSignal) => Promise<void>): MaintenanceTask => ({
  name: ERRANDS,
  // An operator waits for it; a look at an index that is all but empty.
  every: '5s',
  run: work,
});
