// A lane of postgres.js: transactions that follow one another on one connection without a pause. The COMMIT of one and the
// BEGIN of the next go out together, and with them the first statement of the next: one round trip, not three.
//
// It is one long call of the pool's own `begin`, so the pool knows that the connection is taken. The pool takes it back as
// soon as the server says that no transaction is open. So no COMMIT goes out without the next BEGIN behind it; if nobody
// comes for that transaction, it ends empty. The last transaction of a lane is committed by the pool's `begin` itself.
//
// Should a BEGIN fail (it was cancelled), the connection is the pool's again: nothing more is sent on it from here, not even
// a ROLLBACK, which would hit its next user. What went out together with that BEGIN must not count on a transaction: the
// mark that BEGIN sets tells it whether there is one (settleFirst).
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

/** Has an effect only on serializable read-only transactions, and is off unless a BEGIN sets it: so it marks a transaction. */
const MARK = 'deferrable';
/** That of a BEGIN that goes out before it is known for which transaction. */
const USUAL: Isolation = 'read committed';
const never = new Promise<never>(() => {});

export function openLane(pool: LanePool, { isWanted, onCommitting }: LaneHooks): Lane {
  /** Set while a transaction is open, or about to be, that is nobody's yet. */
  let next: ((job: Job | undefined) => void) | undefined;

  const hold = async (first: Job): Promise<void> => {
    let current: Job | undefined = first;
    /** Of this lane only what waits for its turn, not what a later `hold` waits for. */
    let waiting: typeof next;
    const runAll = async (session: LaneSession): Promise<unknown> => {
      let isBroken = false;
      let isSpoilt = false;
      for (let job = first; ;) {
        let value: unknown;
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
            // The pool's `begin` remembers it, and will end with a ROLLBACK.
            isSpoilt = true;
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
        // Not awaited: what it is for goes out behind it. If it were refused, so would be all that follows.
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
  return { clientFor: (isolation) => ({ begin: (work: Job['work']) => begin(work, isolation) }), release };
}

const noop = (): void => {};
