// What a row is: something that each system is made to do, and the numbers that come of it.
import type { Child } from '../process.ts';
import type { Database } from '../server.ts';
import type { Sample } from '../stats.ts';
import type { SystemName, SystemTables } from '../systems/system.ts';

/** How much is done: little for a look, much for numbers that can be told. */
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
  database(): Promise<Database>;
  /** A process of the system; killed after the round. */
  child(): Child;
}

export interface Row {
  /** For `--rows`. */
  readonly name: string;
  /** What was done, so that a reader can object. */
  readonly what: string;
  /** Only of these systems, if not of all. */
  readonly systems?: readonly SystemName[];
  /** If it is not that of the options. */
  readonly rounds?: number;
  /** All systems at once: for what is counted over a time, and not timed. */
  readonly together?: boolean;
  run(round: Round): Promise<Sample[]>;
}
