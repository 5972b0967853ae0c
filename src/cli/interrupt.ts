// Ctrl-C, or SIGTERM, while an act runs: the first asks it to stop at the next safe place, the second ends the process.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs `work` with a signal that is aborted when the process is asked to end. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const asked = new AbortController();
  const onSignal = (): void => {
    // The next one has its default effect.
    release();
    asked.abort(new Interrupted());
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(asked.signal);
  } finally {
    release();
  }
}

/** Why the signal of {@link interruptible} was aborted. */
export class Interrupted extends Error {
  constructor() {
    super('It was asked to stop.');
    this.name = 'Interrupted';
  }
}
