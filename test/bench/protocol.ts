// What the harness and its child processes say to each other: calls with an id, and their results.
import type { Extended, Payload, SystemName, Topic, Work } from './systems/system.ts';

/** Milliseconds of a clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What a child can be asked to do. */
export interface Calls {
  setUp(url: string): void;
  openSender(url: string, connections: number): void;
  /** Emits from `clients` loops; counts the transactions that committed within `ms`, after a warm-up. */
  emitFor(options: { topic: Topic; clients: number; ms: number; warmUpMs: number; payload?: Payload; drizzle?: boolean }): {
    count: number;
    ms: number;
  };
  /** Transactions one after the other. */
  emitTimes(topic: Topic, times: number): void;
  /** Bulk transactions one after the other; returns how long each took. */
  emitManyTimes(topic: Topic, size: number, times: number, filler?: string): number[];
  /** Emits at a steady rate; returns when the transaction of each value had committed. */
  emitAtRate(topic: Topic, perSecond: number, ms: number): number[];
  closeSender(): void;
  /** `stuck`: a run never ends. `times`: when each value was started is kept. Returns how long the start took. */
  startWorker(
    url: string,
    options: {
      work: Work;
      hold?: number;
      receivers?: number | undefined;
      extension?: Extended | undefined;
      stuck?: boolean;
      times?: boolean;
    },
  ): number;
  progress(): { runs: number; firstAt: number };
  /** When each value was started, of those that were. */
  starts(): [value: number, at: number][];
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

/** Which system a child is of, in its arguments. */
export const systemOf = (argument: string | undefined): SystemName => argument as SystemName;
