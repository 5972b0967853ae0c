// A pause that ends early when a signal is aborted. A caller waits for it.
export async function pause(ms: number, abortSignal?: AbortSignal): Promise<void> {
  if (abortSignal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    abortSignal?.addEventListener('abort', done);
  });
}
