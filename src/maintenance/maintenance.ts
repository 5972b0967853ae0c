// Runs the maintenance tasks of one worker until it stops. Each task has its own next time and its own back-off, and fails by itself:
// a failed task delays no other one, says nothing of the database, and so never keeps the worker from finding dead ones.
//
// The race: no worker is in charge, so two workers may run the same task at the same moment. Nothing here keeps them apart; a task must
// be safe to run twice, side by side.
import { toMs } from '../core/duration.ts';
import { sleep } from '../liveness/sleep.ts';
import { apart } from '../observe/async-context.ts';
import type { MaintenanceTask } from './task.ts';

/** A run of a task that failed. */
export interface TaskFailure {
  /** The name of the task. */
  readonly task: string;
  readonly error: unknown;
  /** The number of failed runs in a row, this one included. */
  readonly failures: number;
  /** The task runs again after this long. */
  readonly delayMs: number;
}

export interface MaintenanceOptions {
  /** Ends the maintenance: no task is begun any more. */
  readonly abortSignal: AbortSignal;
  onFailed(failure: TaskFailure): void;
  /** Whether an error says that the database is away: of that the worker has an event of its own, and no task has failed. */
  isOutage(error: unknown): boolean;
}

/** A worker that has just started has other things to do. */
const FIRST_AFTER_MS = 60_000;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 300_000;
/** Waits are shorter by up to this share of themselves: workers that started together drift apart. */
const JITTER = 0.1;

/** Returns when `abortSignal` is aborted and what ran then has ended. */
export async function maintain(tasks: readonly MaintenanceTask[], options: MaintenanceOptions): Promise<void> {
  await Promise.all(tasks.map((task) => repeat(task, options)));
}

async function repeat(task: MaintenanceTask, { abortSignal, onFailed, isOutage }: MaintenanceOptions): Promise<void> {
  const everyMs = toMs(task.every, task.name);
  let failures = 0;
  let waitMs = firstWaitMs(everyMs, Math.random());
  for (;;) {
    await sleep(waitMs, abortSignal, { keepsAlive: false });
    if (abortSignal.aborted) return;
    try {
      await apart(() => task.run(abortSignal));
      failures = 0;
      waitMs = varied(everyMs, Math.random());
    } catch (error) {
      // It was told to end.
      if (abortSignal.aborted) return;
      if (isOutage(error)) {
        waitMs = varied(Math.min(everyMs, FIRST_AFTER_MS), Math.random());
        continue;
      }
      failures++;
      waitMs = varied(backOffMs(failures), Math.random());
      onFailed({ task: task.name, error, failures, delayMs: waitMs });
    }
  }
}

/**
 * A random moment of the first period: so that a fleet that starts together does not run a task together, and that processes which are
 * restarted more often than its period run it all the same, as often on average.
 * @param random from 0 to 1
 */
export function firstWaitMs(everyMs: number, random: number): number {
  const leastMs = Math.min(everyMs, FIRST_AFTER_MS);
  return leastMs + random * (everyMs - leastMs);
}

export const backOffMs = (failures: number): number => Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1));

const varied = (ms: number, random: number): number => Math.round(ms * (1 - JITTER * random));
