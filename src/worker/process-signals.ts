// Runs a worker as a process does: from its start to the signal that ends it.
import { readFileSync } from 'node:fs';
import type { Logger } from '../core/logger.ts';
import { raiseToInfo } from '../observe/log.ts';

interface Runnable {
  start(): Promise<void>;
  stop(options?: { force?: boolean }): Promise<void>;
}

/** What SIGTERM and SIGINT do. */
export interface SignalHandlers {
  /** The process is asked to end. */
  first(): void;
  /** Somebody is impatient. A third signal finds no handler, so it ends the process at once. */
  second(signal: NodeJS.Signals): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Starts the worker, waits for SIGTERM or SIGINT, and stops it. A second signal forces. */
export async function runUntilSignal(worker: Runnable, log: Logger): Promise<void> {
  raiseToInfo(log);
  let tell: (() => void) | undefined;
  const told = new Promise<void>((resolve) => (tell = resolve));
  let started = false;
  const handlers: SignalHandlers = {
    first: () => tell!(),
    second(signal) {
      if (started) void worker.stop({ force: true });
      // It waits for the database and holds nothing yet: the signal may do what it does without us.
      else process.kill(process.pid, signal);
    },
  };
  await handlingSignals(handlers, log, async () => {
    log.info({ version: packageVersion(), node: process.version }, 'signalbox worker');
    await worker.start();
    started = true;
    await told;
    await worker.stop();
  });
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

/** The version of this package; `unknown` where a bundler has left its manifest behind. */
export function packageVersion(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { name, version } = JSON.parse(text) as { name: string; version: string };
    return name === 'signalbox' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
