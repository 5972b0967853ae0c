// A lane of postgres.js: transactions that follow one another on one connection without a pause. The COMMIT of one and
// the BEGIN of the next go out together, and with them the first statement of the next: one round trip, not three.
//
// A lane is one long call of the pool's own `begin`, so the pool knows that the connection is taken. The pool takes it
// back as soon as the server says that no transaction is open. So no COMMIT goes out without the next BEGIN behind it;
// if no delivery comes for that transaction, it ends empty. The pool's `begin` itself commits the last transaction of a
// lane.
//
// If a BEGIN fails (it was cancelled), the connection is the pool's again: the lane sends nothing more on it, not even
// a ROLLBACK, which would hit its next user. The statement that went out with that BEGIN must not rely on a
// transaction: the mark that BEGIN sets tells it whether there is one (settleFirst).
import type { Isolation } from '../core/isolation.ts';
import type { Lane, LaneHooks } from './driver.ts';

export interface LanePool {
  begin(options: string, work: (session: LaneSession) => unknown): Promise<unknown>;
}

export interface LaneSession {
  unsafe(text: string): PromiseLike<unknown>;
}

interface Job {
  readonly isolation: Isolation;
  readonly work: (session: LaneSession) => Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** It marks a transaction: it has an effect only on serializable read-only ones, and is off unless a BEGIN sets it. */
const MARK = 'deferrable';
/** The level of a BEGIN that goes out before its transaction is known. */
const USUAL: Isolation = 'read committed';
const never = new Promise<never>(() => {});

export function openLane(pool: LanePool, { isWanted, onCommitting }: LaneHooks): Lane {
  /** Set while a transaction is open, or about to be, and no job has taken it yet. */
  let next: ((job: Job | undefined) => void) | undefined;
  /** The job under way has survived a failed statement. */
  let survived = noop;

  const hold = async (first: Job): Promise<void> => {
    let current: Job | undefined = first;
    /** The value of `next` that this call has set, as opposed to one of a later `hold`. */
    let waiting: typeof next;
    const runAll = async (session: LaneSession): Promise<unknown> => {
      let isBroken = false;
      let isSpoilt = false;
      // The pool's `begin` remembers each error of its session, and ends with a ROLLBACK for it, whatever came after.
      const spoil = (): void => void (isSpoilt = true);
      for (let job = first; ;) {
        let value: unknown;
        survived = spoil;
        try {
          value = await job.work(session);
        } catch (error) {
          if (!isBroken) throw error;
          job.reject(error);
          return never;
        }
        const isLast = !isWanted();
        if (isLast && !isSpoilt) return value;

        const { resolve, reject } = job;
        session.unsafe('commit').then(
          () => resolve(value),
          (error: unknown) => {
            spoil();
            reject(error);
          },
        );
        const begun = session.unsafe(`begin ${MARK} isolation level ${USUAL}`).then(
          () => undefined,
          () => void (isBroken = true),
        );
        current = undefined;
        const coming = new Promise<Job | undefined>((tell) => (next = waiting = isLast ? undefined : tell));
        if (!isLast) onCommitting();
        const upcoming = isLast ? undefined : await coming;
        if (!upcoming) {
          await begun;
          return isBroken ? never : undefined;
        }
        job = current = upcoming;
        // Not awaited: the job's statements go out behind it. If the server refused it, it would refuse those too.
        if (job.isolation !== USUAL) session.unsafe(`set transaction isolation level ${job.isolation}`).then(noop, noop);
      }
    };
    try {
      const value = await pool.begin(`${MARK} isolation level ${first.isolation}`, runAll);
      current?.resolve(value);
    } catch (error) {
      current?.reject(error);
    } finally {
      if (next === waiting) next = undefined;
    }
  };

  const begin = (work: Job['work'], isolation: Isolation): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const job = { work, isolation, resolve, reject };
      const take = next;
      next = undefined;
      if (take) take(job);
      else void hold(job);
    });
  const release = (): void => {
    next?.(undefined);
    next = undefined;
  };
  return { clientFor: (isolation) => ({ begin: (work: Job['work']) => begin(work, isolation) }), release, survived: () => survived() };
}

const noop = (): void => {};
