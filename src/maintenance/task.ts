// What a maintenance task is, and which tasks are refused.
import type { Duration } from '../core/duration.ts';
import { checkOptions, type OptionTable, show } from '../core/options.ts';
import { callable, storedName, timer } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';

/**
 * What every started worker does now and then beside its deliveries.
 * Several workers may run a task at the same time, of one process and of others, so it must be safe to run twice.
 */
export interface MaintenanceTask {
  /** Its name in events and logs: no other task of the box has it. */
  readonly name: string;
  /**
   * How often a worker runs it: this long after its last run has ended, less up to a tenth. A worker's first run comes at a random
   * moment of its first period, but not in its first minute, where the period is longer than that. 1 s to 24.8 days.
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
