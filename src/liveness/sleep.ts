// A wait that ends early when a signal is aborted. It does not reject then: its caller looks at the signal.

export interface SleepOptions {
  /** The process stays for it. Default true. */
  readonly keepsAlive?: boolean;
}

/** Until `ms` have passed, or the signal is aborted. */
export async function sleep(ms: number, abortSignal?: AbortSignal, { keepsAlive = true }: SleepOptions = {}): Promise<void> {
  if (abortSignal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (!keepsAlive) timer.unref();
    abortSignal?.addEventListener('abort', done);
  });
}
