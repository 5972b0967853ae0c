// Mutants of the doorbell.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/workers/sleeping.sql.ts';
const tests = ['test/store/workers/sleeping-flag.test.ts'];

const statements: Mutant[] = [
  ...mutantsOf({ file, within: 'ringIfAsleep', tests }, [
    {
      name: 'bell: whoever appends is known at the door',
      find: 'when not pg_try_advisory_xact_lock_shared(${AT_THE_DOOR}) then',
      replace: 'when false then',
    },
    {
      name: 'bell: who meets a worker at the door rings',
      find: "when not pg_try_advisory_xact_lock_shared(${AT_THE_DOOR}) then pg_notify(${channel}::text, '')::text",
      replace: "when not pg_try_advisory_xact_lock_shared(${AT_THE_DOOR}) then ''",
    },
    {
      name: 'bell: at the door to the end of the transaction',
      find: 'pg_try_advisory_xact_lock_shared(',
      replace: 'pg_advisory_unlock_all() is not null and pg_try_advisory_lock(',
    },
    { name: 'bell: leaves the bell alone', find: 'pg_advisory_unlock(${BELL})::text', replace: "''" },
    { name: 'bell: rings where one hangs', find: "else pg_notify(${channel}::text, '')::text", replace: "else ''" },
    { name: 'bell: rings only where one hangs', find: 'when pg_try_advisory_lock(${BELL}) then', replace: 'when false then' },
  ]),
  ...mutantsOf({ file, within: 'IS_CALM', tests }, [
    { name: 'bell: asks at the door', find: 'pg_try_advisory_lock(${AT_THE_DOOR})', replace: 'true' },
    { name: 'bell: leaves the door', find: 'pg_advisory_unlock(${AT_THE_DOOR})', replace: 'true' },
  ]),
  ...mutantsOf({ file, within: 'hangBell', tests }, [
    { name: 'bell: hangs', find: 'not pg_try_advisory_lock_shared(${BELL})', replace: 'false' },
    { name: 'bell: hangs beside others', find: 'pg_try_advisory_lock_shared', replace: 'pg_try_advisory_lock' },
  ]),
  ...mutantsOf({ file, within: 'listenAtDoor', tests }, [{ name: 'bell: asks again at the door', find: '${IS_CALM}', replace: 'true' }]),
  ...mutantsOf({ file, within: 'takeBellDown', tests }, [
    { name: 'bell: is taken down', find: 'pg_advisory_unlock_shared(${BELL})', replace: "''" },
  ]),
];

const worker = [
  ...mutantsOf({ file: 'src/worker/claiming/claim-loop.ts', tests: ['test/worker/waking/sleeping-flag.test.ts'] }, [
    {
      name: 'bell: looks a last time',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: '    this.#hungry = true;\n    const hung = ',
      replace: '    const hung = ',
    },
    {
      name: 'bell: naps no longer than it has hung',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: 'Math.max(SHORTEST_NAP_MS, now - this.#hungAt)',
      replace: 'pollMs',
    },
    {
      name: 'bell: that it hung before does not count',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: 'if (!hung) this.#hungAt = now;',
      replace: 'this.#hungAt ||= now;',
    },
    {
      name: 'bell: sleeps only when all is calm',
      tests: ['test/worker/claiming/claim-loop.test.ts'],
      find: "doorbell.state === 'calm'",
      replace: "doorbell.state !== 'none'",
    },
    { name: 'bell: a busy worker takes it down', find: "    await within(answerMs, 'the doorbell', doorbell.takeDown());\n", replace: '' },
  ]),
  ...mutantsOf({ file: 'src/worker/active-worker.ts', tests: ['test/worker/waking/sleeping-flag.test.ts'] }, [
    { name: 'bell: is hung out on the next session', find: '        this.#doorbell.lost();\n', replace: '' },
  ]),
];

export const bellMutants: readonly Mutant[] = [...statements, ...worker];
