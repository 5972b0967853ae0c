// Our own statements on the pool, each a transaction of its own. They need no more isolation than read committed, but run under what
// the database, the role or the connection has for a default, which is the application's to choose.
//
// The race: under repeatable read or serializable, a statement that meets a row which changed since its snapshot fails with 40001
// where read committed would read the row again; and under any level the statement may be the victim of a deadlock. Both are answers
// of the server: the statement had no effect. So it is sent again, with a new snapshot, and no event or log tells of it. A statement in
// the transaction of a caller is not repeated: that transaction has failed.
import { setTimeout as wait } from 'node:timers/promises';
import type { Driver, Run } from '../drivers/driver.ts';
import { isConflict } from '../drivers/error-kind.ts';
import type { Namespace } from './namespace.ts';

/** More than any number of processes that start or claim at once has needed; an endless one is an error at last. */
const REPEATS = 20;
/** Twice at once; then those in each other's way wait, each for a time of its own. */
const AT_ONCE = 2;
const LONGEST_WAIT_MS = 50;

/** The same, repeated after a conflict. */
export function repeated(run: Run): Run {
  return async (statement, params) => {
    for (let repeats = 0; ; repeats++) {
      try {
        return await run(statement, params);
      } catch (error) {
        if (repeats === REPEATS || !isConflict(error)) throw error;
      }
      if (repeats >= AT_ONCE) await wait(Math.random() * Math.min(LONGEST_WAIT_MS, 2 ** repeats));
    }
  };
}

/** Runs statements in one transaction of our own, which commits when `work` resolves. `tx` is for what takes a Drizzle transaction. */
export type InTransaction = <T>(work: (run: Run, tx: object) => Promise<T>) => Promise<T>;

/** Runs our own statements on the pool. */
export const ownRun = (driver: Driver, namespace: Namespace): Run => namespace.on(repeated(driver.run()));
