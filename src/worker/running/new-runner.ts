// Makes runners: each worker, drain and immediate run has one of its own, over the same executors.
import type { Setbacks } from '../../liveness/setbacks.ts';
import { BatchExecutor } from './batch-executor.ts';
import { Executor } from './executor.ts';
import type { Pauses } from './pauses.ts';
import type { ExecutorParts } from './receiver-transaction.ts';
import { Runner, type RunnerParts } from './runner.ts';

export type NewRunner = (pauses: Pauses, setbacks?: Setbacks) => Runner;

export type RunningParts = ExecutorParts & Omit<RunnerParts, 'executor' | 'batches' | 'pauses' | 'setbacks'>;

export function runnersOf(parts: RunningParts): NewRunner {
  const common = { ...parts, executor: new Executor(parts), batches: new BatchExecutor(parts) };
  return (pauses, setbacks) => new Runner({ ...common, pauses, setbacks });
}
