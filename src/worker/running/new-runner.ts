// Makes runners: each worker, drain and immediate run has one of its own.
import type { Setbacks } from '../../liveness/setbacks.ts';
import type { Pauses } from './pauses.ts';
import { Runner, type RunnerParts } from './runner.ts';

export type NewRunner = (pauses: Pauses, setbacks?: Setbacks) => Runner;

export type RunningParts = Omit<RunnerParts, 'pauses' | 'setbacks'>;

export const runnersOf =
  (parts: RunningParts): NewRunner =>
  (pauses, setbacks) =>
    new Runner({ ...parts, pauses, setbacks });
