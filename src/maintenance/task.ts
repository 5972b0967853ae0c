// Maintenance tasks: their type, and the check that refuses invalid ones.
import type { Duration } from '../core/duration.ts';
import { checkOptions, type OptionTable, show } from '../core/options.ts';
import { callable, storedName, timer } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';

/**
 * Work that every started worker does periodically beside its deliveries. Several workers, of one process and of
 * others, may run a task at the same time, so it must be safe to run twice.
 */
export interface MaintenanceTask {
  /** Its name in events and logs: no other task of the box has it. */
  readonly name: string;
  /**
   * The period, less up to a tenth, counted from the end of the last run of a worker. A worker's first run comes at a
   * random moment of the first period, but not in the first minute if the period is longer than that. 1 s to 24.8 days.
   */
  readonly every: Duration;
  /** The work. `abortSignal` is aborted when the worker stops, which waits for the task as it waits for a receiver. */
  run(abortSignal: AbortSignal): unknown;
}

const TASK: OptionTable<MaintenanceTask> = { name: storedName, every: timer({ least: '1s' }), run: callable };

/** @throws SignalboxError `InvalidOption` */
export function checkTask(task: MaintenanceTask, subject: string): void {
  if (typeof task !== 'object' || task === null)
    throw new SignalboxError('InvalidOption', `${subject}: a task is ${show(task)}. Give an object with name, every and run.`);
  checkOptions(task, TASK, `${subject}, task ${show(task.name)}`, { required: ['name', 'every', 'run'] });
}
