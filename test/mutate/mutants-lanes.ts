// Mutants of lanes: transactions that follow one another on one connection.
import { type Mutant, mutantsOf } from './mutant.ts';

const lane = mutantsOf({ file: 'src/drivers/postgres-js-lane.ts', tests: ['test/drivers/lane.test.ts'] }, [
  {
    name: 'lane: nothing on a connection that is no longer its own',
    find: '          if (!isBroken) throw error;\n',
    replace: '          throw error;\n',
  },
  {
    name: 'lane: nothing on it at its end either',
    find: 'return isBroken ? never : undefined;',
    replace: 'return undefined;',
    equivalent: 'The pool sends a COMMIT after a failed BEGIN only if no job used the transaction: it has no statement.',
  },
  { name: 'lane: commits by itself after a refused COMMIT', find: 'isLast && !isSpoilt', replace: 'isLast' },
  {
    name: 'lane: a refused COMMIT is reported',
    find: '            reject(error);\n          },',
    replace: '          },',
    hangs: 'The job never learns of its end.',
  },
  {
    name: 'lane: a job is done when its COMMIT is answered',
    find: '          () => resolve(value),\n',
    replace: '          () => {},\n',
    hangs: 'The job never learns of its end.',
  },
  {
    name: 'lane: the BEGIN goes with the COMMIT',
    find: 'session.unsafe(`begin ${MARK} isolation level ${USUAL}`)',
    replace: "session.unsafe('select 1')",
  },
  {
    name: 'lane: the first transaction has its isolation level',
    find: '${MARK} isolation level ${first.isolation}',
    replace: '${MARK}',
    named: 'isolation level',
  },
  {
    name: 'lane: the next one has its isolation level',
    find: 'if (job.isolation !== USUAL) ',
    replace: 'if (job.isolation === USUAL) ',
    named: 'isolation level',
  },
  {
    name: 'lane: the usual isolation level is said',
    find: 'begin ${MARK} isolation level ${USUAL}',
    replace: 'begin ${MARK}',
    named: 'isolation level',
  },
  { name: 'lane: the first transaction carries the mark, too', find: 'pool.begin(`${MARK} isolation', replace: 'pool.begin(`isolation' },
  {
    name: 'lane: a lost connection is reported',
    find: '      current?.reject(error);\n',
    replace: '',
    hangs: 'The job never learns of its end.',
  },
  {
    name: 'lane: released, it lets the connection go',
    find: '    next?.(undefined);\n',
    replace: '',
    hangs: 'The pool never gets its connection back, so it does not close.',
  },
]);

const slots = mutantsOf({ file: 'src/worker/claiming/slots.ts', tests: ['test/worker/claiming/slots.test.ts'] }, [
  {
    name: 'slots: a lane is released when nothing follows',
    find: '      if (slotLane && this.#idle.at(-1) === slotLane) slotLane.lane.release();\n',
    replace: '',
  },
  { name: 'slots: the next is on the lane of the one before', find: '      if (slotLane) this.#idle.push(slotLane);\n', replace: '' },
  {
    name: 'slots: only transactions follow',
    find: 'return this.#parts.receiverOf(next)?.transactional ?? false;',
    replace: 'return true;',
  },
  {
    name: "slots: only the worker's own follow",
    find: ' || !this.#parts.lease.owns(next.workerId)',
    replace: '',
  },
]);

export const laneMutants: readonly Mutant[] = [...lane, ...slots];
