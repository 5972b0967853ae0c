// A bound for what the worker itself asks of the database: a connection may be dead without having noticed, and then
// nothing is ever answered.

/** What `work` comes to, unless that takes longer than `ms`. @throws Error when it does */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer to ${what} in ${Math.round(ms)} ms: the connection seems to be dead.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // If it fails later, nobody is there to hear of it.
    work.catch(() => {});
  }
}
