// Mutants of the queries after a lost answer, and of claims that a failover has lost.
import { type Mutant, mutantsOf } from './mutant.ts';

const completed = mutantsOf(
  { file: 'src/store/deliveries/lost-commits.sql.ts', within: 'completedRuns', tests: ['test/store/deliveries/lost-commits.test.ts'] },
  [
    { name: 'fence: completed runs: id', find: 's.id = r.id and ', replace: '' },
    { name: 'fence: completed runs: epoch', find: 's.epoch = r.epoch and ', replace: '' },
    { name: 'fence: completed runs: worker', find: 's.worker_id = r.worker_id and ', replace: '' },
    { name: 'fence: completed runs: completed', find: " and s.state = 'completed'", replace: '' },
  ],
);

const state = mutantsOf({ file: 'src/store/deliveries/lost-commits.ts', tests: ['test/store/deliveries/lost-commits.test.ts'] }, [
  { name: 'fence: commit state: a standby is no judge', find: '!row!.standby && ', replace: '' },
  {
    name: 'fence: transaction progress: of this transaction',
    file: 'src/store/deliveries/lost-commits.sql.ts',
    within: 'transactionProgress',
    find: 'pg_xact_status($1::text::xid8)',
    replace: "(select 'committed' where $1::text is not null)",
  },
  {
    name: 'fence: is emission stored: this one',
    file: 'src/store/deliveries/lost-commits.sql.ts',
    within: 'isEmissionStored',
    find: ' where id = $1::text::uuid',
    replace: ' where $1::text is not null',
  },
  { name: 'fence: commit state: open while it runs', find: "    if (!(await this.#hasEnded(xid))) return 'open';\n", replace: '' },
  {
    name: 'fence: commit state: the emission is the witness',
    find: "row!.stored ? 'committed' : 'aborted'",
    replace: "row!.stored ? 'committed' : 'committed'",
  },
  {
    name: 'fence: commit state: an id of the future does not run',
    find: '=== INVALID_PARAMETER) return true;',
    replace: '=== undefined) return true;',
  },
  { name: 'fence: commit state: a question that fails is no answer', find: '      throw error;\n', replace: '      return true;\n' },
]);

const claims = mutantsOf(
  { file: 'src/worker/running/runner.ts', tests: ['test/worker/running/stale.test.ts'], named: 'claims its running delivery again' },
  [
    {
      name: 'fence: runner: a delivery that is claimed twice is released',
      find: 'for (const key of keys) if (this.#runs.has(key)) return',
      replace: 'if (keys.length === 0) return',
    },
  ],
);

const store = mutantsOf({ file: 'src/store/deliveries/deliveries.ts', tests: ['test/store/deliveries/fence.test.ts'] }, [
  {
    name: 'fence: complete: by epoch and worker',
    find: 'const key = `${epoch}:${workerId}`;',
    replace: 'const key = `${epoch}`;',
  },
]);

const slots = mutantsOf({ file: 'src/store/deliveries/claim.ts', tests: ['test/worker/claiming/slots.test.ts'] }, [
  { name: 'fence: a claim: epoch', find: ' && a.epoch === b.epoch', replace: '' },
  { name: 'fence: a claim: worker', find: ' && a.workerId === b.workerId', replace: '' },
]);

const lost = mutantsOf(
  { file: 'src/worker/running/lost-commit.ts', tests: ['test/worker/running/commit.test.ts'], named: 'took effect completes' },
  [
    {
      name: 'lost commit: a COMMIT that took effect completes the delivery',
      find: 'return this.#questions.add(delivery);',
      replace: 'return false;',
    },
  ],
);

export const commitsMutants: readonly Mutant[] = [...completed, ...state, ...claims, ...store, ...slots, ...lost];
