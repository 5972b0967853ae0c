// A row is a task for each system, and the measured numbers.
import type { Child } from '../process.ts';
import type { Database } from '../server.ts';
import type { Sample } from '../stats.ts';
import type { Settings, SystemName, SystemTables } from '../systems/system.ts';

/** The amount of work: little for a trial, much for numbers to publish. */
export interface Scale {
  readonly quick: boolean;
  /** Of the growth rows: a share of the full size, up to 1. */
  readonly growth: number;
}

/** One system in one round. */
export interface Round {
  readonly system: SystemName;
  readonly tables: SystemTables;
  readonly scale: Scale;
  /** A fresh database of the system; dropped after the round. */
  database(settings?: Settings): Promise<Database>;
  /** A process of the system; killed after the round. */
  child(): Child;
  /** Begins to count the CPU time of these processes and of the server. */
  meter(children: readonly Child[]): Promise<Meter>;
}

export interface Meter {
  /** What was used for each of so many items since, in microseconds, as a sample of its own beside a row; none where the system does not tell. */
  per(row: string, item: string, count: number): Promise<Sample[]>;
}

export interface Row {
  /** For `--rows`. */
  readonly name: string;
  /** A description of the task, so that a reader can object. */
  readonly what: string;
  /** The systems of this row, if not all. */
  readonly systems?: readonly SystemName[];
  /** Replaces the value of the options. */
  readonly rounds?: number;
  /** All systems at once: for numbers that are counted over a time, and not timed. */
  readonly together?: boolean;
  run(round: Round): Promise<Sample[]>;
}
