// Runs a worker as a process does: from its start until a signal tells the process to end.
import type { Logger } from '../core/logger.ts';
import { raiseToInfo } from '../observe/log.ts';
import { packageVersion } from '../version.ts';

interface Runnable {
  start(): Promise<void>;
  stop(options?: { force?: boolean }): Promise<void>;
}

/** The handling of SIGTERM and SIGINT. */
export interface SignalHandlers {
  /** The process is asked to end. */
  first(): void;
  /** It is to end at once. A third signal finds no handler, so it ends the process. */
  second(signal: NodeJS.Signals): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Starts the worker, waits for SIGTERM, SIGINT or `abortSignal`, and stops it. A second signal of the process forces the stop. */
export async function runUntilSignal(worker: Runnable, log: Logger, abortSignal?: AbortSignal): Promise<void> {
  if (abortSignal?.aborted) return;
  raiseToInfo(log);
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => (ask = resolve));
  let isStarted = false;
  const handlers: SignalHandlers = {
    first: () => ask(),
    second(signal) {
      if (isStarted) void worker.stop({ force: true });
      // The worker waits for the database and holds nothing yet, so the signal may have its default effect.
      else process.kill(process.pid, signal);
    },
  };
  const onAbort = (): void => ask();
  abortSignal?.addEventListener('abort', onAbort);
  await handlingSignals(handlers, log, async () => {
    log.info({ version: packageVersion(), node: process.version }, 'signalbox worker');
    await worker.start();
    isStarted = true;
    await asked;
    await worker.stop();
  }).finally(() => abortSignal?.removeEventListener('abort', onAbort));
}

/** Runs `work` with `handlers` in place, for the first two signals that come meanwhile. */
export async function handlingSignals(handlers: SignalHandlers, log: Logger, work: () => Promise<void>): Promise<void> {
  let times = 0;
  const stopHandling = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    times++;
    log.info({ signal }, times === 1 ? 'finishing what runs; a second signal interrupts it' : 'interrupting what runs');
    if (times === 1) return handlers.first();
    stopHandling();
    handlers.second(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await work();
  } finally {
    stopHandling();
  }
}
