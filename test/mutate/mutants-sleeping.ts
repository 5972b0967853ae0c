// Mutants of the sleeping flag, and of the steps of a worker before it sleeps.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/workers/sleeping.sql.ts';
const tests = ['test/store/workers/sleeping-flag.test.ts'];

const statements: Mutant[] = [
  ...mutantsOf({ file, within: 'notifyIfAsleep', tests }, [
    {
      name: 'sleeping flag: an append is pending',
      find: 'when not pg_try_advisory_xact_lock_shared(${PENDING_APPEND}) then',
      replace: 'when false then',
    },
    {
      name: 'sleeping flag: an append that meets a worker asking notifies',
      find: "when not pg_try_advisory_xact_lock_shared(${PENDING_APPEND}) then pg_notify(${channel}::text, '')::text",
      replace: "when not pg_try_advisory_xact_lock_shared(${PENDING_APPEND}) then ''",
    },
    {
      name: 'sleeping flag: an append is pending to the end of its transaction',
      find: 'pg_try_advisory_xact_lock_shared(',
      replace: 'pg_advisory_unlock_all() is not null and pg_try_advisory_lock(',
    },
    { name: 'sleeping flag: an append leaves the flag alone', find: 'pg_advisory_unlock(${SLEEPING_FLAG})::text', replace: "''" },
    { name: 'sleeping flag: notifies where it is set', find: "else pg_notify(${channel}::text, '')::text", replace: "else ''" },
    {
      name: 'sleeping flag: notifies only where it is set',
      find: 'when pg_try_advisory_lock(${SLEEPING_FLAG}) then',
      replace: 'when false then',
    },
  ]),
  ...mutantsOf({ file, within: 'NO_PENDING_APPENDS', tests }, [
    { name: 'sleeping flag: asks for pending appends', find: 'pg_try_advisory_lock(${PENDING_APPEND})', replace: 'true' },
    { name: 'sleeping flag: leaves pending appends alone', find: 'pg_advisory_unlock(${PENDING_APPEND})', replace: 'true' },
  ]),
  ...mutantsOf({ file, within: 'markSleeping', tests }, [
    { name: 'sleeping flag: is set', find: 'not pg_try_advisory_lock_shared(${SLEEPING_FLAG})', replace: 'false' },
    { name: 'sleeping flag: is set beside others', find: 'pg_try_advisory_lock_shared', replace: 'pg_try_advisory_lock' },
  ]),
  ...mutantsOf({ file, within: 'hasPendingAppends', tests }, [
    { name: 'sleeping flag: asks again for pending appends', find: '${NO_PENDING_APPENDS}', replace: 'true' },
  ]),
  ...mutantsOf({ file, within: 'clearSleeping', tests }, [
    { name: 'sleeping flag: is cleared', find: 'pg_advisory_unlock_shared(${SLEEPING_FLAG})', replace: "''" },
  ]),
];

const worker = [
  ...mutantsOf({ file: 'src/worker/claiming/claim-loop.ts', tests: ['test/worker/waking/sleeping-flag.test.ts'] }, [
    {
      name: 'sleeping flag: a claim follows it',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: '    wakeup.mayBeDue = true;\n    const wasSet = ',
      replace: '    const wasSet = ',
    },
    {
      name: 'sleeping flag: naps no longer than it has been set',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: 'Math.max(SHORTEST_NAP_MS, now - this.#markedAt)',
      replace: 'pollMs',
    },
    {
      name: 'sleeping flag: that it was set before does not count',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: 'if (!wasSet) this.#markedAt = now;',
      replace: 'this.#markedAt ||= now;',
    },
    {
      name: 'sleeping flag: sleeps only when that is safe',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: "sleepingFlag.state === 'safe'",
      replace: "sleepingFlag.state !== 'unset'",
    },
    {
      name: 'sleeping flag: a busy worker clears it',
      find: "    await within(answerMs, 'clearing the sleeping flag', sleepingFlag.clear());\n",
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/worker/active-worker.ts', tests: ['test/worker/waking/sleeping-flag.test.ts'] }, [
    { name: 'sleeping flag: is set on the next session', find: '        this.#sleepingFlag.lost();\n', replace: '' },
  ]),
];

export const sleepingMutants: readonly Mutant[] = [...statements, ...worker];
