// Runs a worker as a process does: from its start to the signal that ends it.
import type { Logger } from '../core/logger.ts';
import { raiseToInfo } from '../observe/log.ts';

interface Runnable {
  start(): Promise<void>;
  stop(options?: { force?: boolean }): Promise<void>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Starts the worker, waits for SIGTERM or SIGINT, and stops it. A second signal forces. */
export async function runUntilSignal(worker: Runnable, log: Logger): Promise<void> {
  raiseToInfo(log);
  let tell: (() => void) | undefined;
  const told = new Promise<void>((resolve) => (tell = resolve));
  let times = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    times++;
    log.info({ signal }, times === 1 ? 'finishing what runs; a second signal interrupts it' : 'interrupting what runs');
    if (times === 1) tell!();
    else void worker.stop({ force: true });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await worker.start();
    await told;
    await worker.stop();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
