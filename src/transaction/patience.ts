// Bounds the waits inside a transaction, so that a transaction does not wait for itself.
//
// The race: an emit or a savepoint on the outer handle waits for the open savepoint, unless the async context says that
// it is inside it. Where the context is lost (a DataLoader, a pool of jobs, an event emitter), it waits for the
// savepoint whose callback waits for it, and the connection is idle in transaction, with its locks. This cannot be told
// from a savepoint that calls a slow service, so only time ends the wait: the time in which the connection has nothing
// to do.
import { SignalboxError } from '../errors.ts';

const PATIENCE_MS = 30_000;
const LOOKS = 30;

/**
 * The result of `work`.
 * @param waiting the waiting operation, as the subject of a sentence
 * @param statements the number of statements sent so far; `undefined` while one is under way
 * @throws SignalboxError `SavepointStuck` when none was sent for half a minute
 */
export function whileInUse<T>(work: Promise<T>, waiting: string, statements: () => number | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let idle = 0;
    let seen = statements();
    const timer = setInterval(() => {
      const now = statements();
      idle = now === undefined || now !== seen ? 0 : idle + 1;
      seen = now;
      if (idle >= LOOKS) reject(stuck(waiting));
    }, PATIENCE_MS / LOOKS);
    timer.unref();
    work.then(resolve, reject).finally(() => clearInterval(timer));
  });
}

function stuck(waiting: string): SignalboxError<'SavepointStuck'> {
  return new SignalboxError(
    'SavepointStuck',
    `${waiting} has waited for ${PATIENCE_MS / 1_000} s for what is open or under way in its transaction, in which no statement was sent meanwhile. ` +
      'Most likely each waits for the other: it is called inside a savepoint, on the handle of the transaction around, in code that has lost its async context (a DataLoader, a pool, an event emitter). Use the handle that the savepoint was given.',
  );
}
