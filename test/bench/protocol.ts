// The messages between the harness and its child processes: calls with an id, and their results.
import type { Extended, Payload, Settings, SystemName, Topic, Work } from './systems/system.ts';

/** Milliseconds of a clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The calls to a child. */
export interface Calls {
  setUp(url: string, settings?: Settings): void;
  openSender(url: string, connections: number, settings?: Settings): void;
  /** Emits from `clients` loops; counts the transactions that committed within `ms`, and all of them. */
  emitFor(options: { topic: Topic; clients: number; ms: number; payload?: Payload; drizzle?: boolean }): {
    count: number;
    all: number;
  };
  /** Transactions one after the other. */
  emitTimes(topic: Topic, times: number): void;
  /** Bulk transactions one after the other; returns the duration of each. */
  emitManyTimes(topic: Topic, size: number, times: number, filler?: string): number[];
  /** Emits at a steady rate; returns the time of the commit of each value. */
  emitAtRate(topic: Topic, perSecond: number, ms: number): number[];
  closeSender(): void;
  /**
   * `stuck`: a run never ends. `times`: the start time of each value is kept. Returns the duration of the worker's
   * start.
   */
  startWorker(
    url: string,
    options: {
      work: Work;
      hold?: number;
      receivers?: number | undefined;
      extension?: Extended | undefined;
      settings?: Settings | undefined;
      stuck?: boolean;
      times?: boolean;
    },
  ): number;
  progress(): { runs: number; firstAt: number };
  /** The start time of each started value. */
  starts(): [value: number, at: number][];
  /** CPU time of the process so far, in milliseconds. */
  cpu(): number;
  memory(): { rss: number; heapUsed: number };
  stopWorker(): void;
}

export type CallName = keyof Calls;
export type Result<Name extends CallName> = ReturnType<Calls[Name]>;

export interface Request {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}

export interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The system of a child, in its arguments. */
export const systemOf = (argument: string | undefined): SystemName => argument as SystemName;
