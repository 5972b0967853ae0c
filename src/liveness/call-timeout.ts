// A time limit for the worker's own statements: a connection may be dead without having noticed, and then nothing is ever answered.

/** The result of `work`, unless it takes longer than `ms`. @throws Error when it does */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer to ${what} in ${Math.round(ms)} ms: the connection seems to be dead.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // The caller has gone by the time it fails.
    work.catch(() => {});
  }
}
