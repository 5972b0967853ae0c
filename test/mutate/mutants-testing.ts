// Mutants of what the tests of applications use.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/testing/time.test.ts'];

const file = 'src/store/testing/rows.sql.ts';

const travel = mutantsOf({ file, within: 'travel', tests }, [
  { name: 'travel: what waits', find: "set run_at = run_at - ${ms('$1')}", replace: 'set run_at = run_at' },
  { name: 'travel: what has finished', find: "set finished_at = finished_at - ${ms('$1')}", replace: 'set finished_at = finished_at' },
  { name: 'travel: what was emitted', find: "set emitted_at = emitted_at - ${ms('$1')}", replace: 'set emitted_at = emitted_at' },
  { name: 'travel: what went wrong', find: "set at = at - ${ms('$1')}", replace: 'set at = at' },
]);

const unfinished = mutantsOf({ file, within: 'unfinished', tests }, [
  { name: 'idle: not while something runs', find: "where d.state = 'running' or ", replace: "where d.state = 'ready' and " },
  { name: 'idle: not while something is due', find: ' or d.run_at <= statement_timestamp()', replace: '' },
  { name: 'idle: without what is due later', find: ' or d.run_at <= statement_timestamp()', replace: " or d.state = 'ready'" },
]);

const parts = mutantsOf({ file: 'src/box/parts.ts', tests }, [
  { name: 'parts: not of a closed box', find: '  parts.lifetime.assertOpen();\n', replace: '' },
]);

export const testingMutants: readonly Mutant[] = [...travel, ...unfinished, ...parts];
