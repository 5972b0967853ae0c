// The options of a worker, and the check that the pool has enough connections for it.
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Receiver } from '../core/receivers.ts';
import { flag, listOf, text, timer, whole } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';

/** Options of a worker. */
export interface WorkerOptions {
  /** Deliveries that run at once, 1 to 1000. Default: 10, or as many as the pool has connections for if that is less; 1 on a single session. */
  concurrency?: number;
  /**
   * The most deliveries that are claimed ahead of free slots, 0 to 10,000. The worker holds as many as it would start within a tenth
   * of a second, so next to none of slow receivers. Default 2,000.
   */
  prefetch?: number;
  /** Serve only receivers of these queues; each must have one in this process. Default: all. */
  queues?: readonly string[];
  /** The longest time between two polls for work; notifications come before it. 10 ms to 24.8 days. Default `'1s'`. */
  pollInterval?: Duration;
  /** The time after which other workers take over from one that no longer renews. 1 s to 24.8 days. Default `'10s'`. */
  lease?: Duration;
  /**
   * The time that a stop waits for running receivers before it interrupts them. 24.8 days at most. Default `'20s'`:
   * with the 8 s that may follow, it ends within the 30 s that Kubernetes and most others give a process.
   */
  shutdownTimeout?: Duration;
  /**
   * Ends the whole process (SIGKILL, after a line on standard error) when its event loop has been blocked for longer than
   * `lease`: a receiver is in an endless loop, other workers have its deliveries, and only a new process can help. Needs a supervisor
   * that starts the process again. Off while a debugger is attached. Default false; `signalbox worker` turns it on.
   */
  watchdog?: boolean;
}

export interface WorkerSettings {
  readonly concurrency: number;
  readonly prefetch: number;
  readonly queues: readonly string[] | undefined;
  readonly pollMs: number;
  readonly leaseMs: number;
  readonly shutdownMs: number;
  readonly watchdog: boolean;
}

/** The time that interrupted receivers may take to end. */
export const INTERRUPTION_MS = 3_000;
/** The time that the resignation may take: after that the lease expires by itself. */
export const SIGN_OFF_MS = 5_000;
const DEFAULT_CONCURRENCY = 10;
const DEFAULT_PREFETCH = 2_000;
/**
 * Connections of the pool that a worker needs beside those of its running receivers: one claims and settles, one checks other workers,
 * or renews where a pooler leaves the worker no lock. Not of the pool: the connection that listens, and the session that holds the lock
 * and renews.
 */
const OWN_CONNECTIONS = 2;

/** Options of `worker.stop`. */
export interface StopOptions {
  /** Interrupt what runs at once. Default `false`. */
  force?: boolean;
}

export const STOP_OPTIONS: OptionTable<StopOptions> = { force: flag };

export const WORKER_OPTIONS: OptionTable<WorkerOptions> = {
  concurrency: whole(1, 1_000),
  prefetch: whole(0, 10_000),
  queues: listOf('names of queues', text),
  pollInterval: timer({ least: '10ms' }),
  lease: timer({ least: '1s' }),
  shutdownTimeout: timer(),
  watchdog: flag,
};

/** @throws SignalboxError `InvalidOption`, `PoolTooSmall` */
export function workerSettings(
  options: WorkerOptions,
  receivers: readonly Receiver[],
  { maxConnections }: { readonly maxConnections: number | undefined },
): WorkerSettings {
  checkOptions(options, WORKER_OPTIONS, 'Worker');
  const available = maxConnections === undefined ? 1 : Math.max(1, maxConnections - OWN_CONNECTIONS);
  const { concurrency = Math.min(DEFAULT_CONCURRENCY, available) } = options;
  if (
    maxConnections !== undefined &&
    concurrency + OWN_CONNECTIONS > maxConnections &&
    receivers.some((receiver) => receiver.transactional)
  )
    throw new SignalboxError(
      'PoolTooSmall',
      `Worker: concurrency ${concurrency} needs a pool of ${concurrency + OWN_CONNECTIONS} connections (one for each running receiver, two for the worker); it has ${maxConnections}. Give the pool more (max), or the worker less.`,
    );
  return {
    // A single session does one thing at a time: two receivers would only make each other wait.
    concurrency: maxConnections === undefined ? 1 : concurrency,
    prefetch: options.prefetch ?? DEFAULT_PREFETCH,
    queues: checkQueues(options.queues, receivers),
    pollMs: toMs(options.pollInterval ?? '1s', 'Worker: pollInterval'),
    leaseMs: toMs(options.lease ?? '10s', 'Worker: lease'),
    shutdownMs: toMs(options.shutdownTimeout ?? '20s', 'Worker: shutdownTimeout'),
    watchdog: options.watchdog ?? false,
  };
}

/** A queue without a receiver is most likely misspelt, and would leave work undone in silence. */
function checkQueues(queues: readonly string[] | undefined, receivers: readonly Receiver[]): readonly string[] | undefined {
  const known = new Set(receivers.map(({ queue }) => queue));
  const unknown = queues?.filter((queue) => !known.has(queue)) ?? [];
  if (queues?.length === 0 || unknown.length > 0)
    throw new SignalboxError(
      'InvalidOption',
      `Worker: ${unknown.length > 0 ? `no receiver is in the queue ${unknown.join(', ')}` : 'queues is empty'}. The queues are: ${[...known].join(', ') || '(none)'}.`,
    );
  return queues;
}
