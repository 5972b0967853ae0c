// Mutants of the blame for a failed run, and of the waits of deliveries whose receivers could not be called.
import { type Mutant, mutantsOf } from './mutant.ts';

const fault = mutantsOf({ file: 'src/worker/running/fault.ts', tests: ['test/worker/running/fault.test.ts'] }, [
  {
    name: 'fault: before the call, only errors about the row count',
    find: "return OF_THE_ROW.test(state) ? { kind: 'receiver' } : notItsOwn(state);",
    replace: "return { kind: 'receiver' };",
  },
  {
    name: 'fault: nothing about the row is tried for ever',
    find: "return OF_THE_ROW.test(state) ? { kind: 'receiver' } : notItsOwn(state);",
    replace: 'return notItsOwn(state);',
  },
  {
    name: 'fault: a conflict in the receiver is its own, unless it asked for isolation',
    find: 'isolated && outcomeKind',
    replace: 'outcomeKind',
  },
  { name: 'fault: an explicit outcome is no conflict', find: 'outcomeKind(error) === undefined && ', replace: '' },
  { name: 'fault: a conflict stays a conflict, whatever error it causes', find: " || CONFLICT.test(sqlState(query) ?? '')", replace: '' },
  {
    name: 'fault: an extension that prevented the call is not the receiver',
    find: "      if (isSignalboxError(error, 'ExtensionFailed')) return notItsOwn(state);\n",
    replace: '',
  },
  { name: 'fault: an error without a code at the end is the receiver', find: "state === '' || ", replace: '' },
  { name: 'fault: a query that failed before the end is the fault of the receiver', find: 'state === FAILED_BEFORE || ', replace: '' },
  { name: 'fault: a swallowed conflict is still a conflict', find: 'isolated && CONFLICT.test(state) ? ', replace: 'false ? ' },
  {
    name: 'fault: a conflict at COMMIT is its own',
    find: 'CONFLICT.test(state) || OF_THE_SERVER.test(state)',
    replace: 'OF_THE_SERVER.test(state)',
  },
  {
    name: 'fault: a lack of the server at COMMIT is its own fault',
    find: 'CONFLICT.test(state) || OF_THE_SERVER.test(state)',
    replace: 'CONFLICT.test(state)',
  },
]);

const setbacks = mutantsOf({ file: 'src/liveness/setbacks.ts', tests: ['test/liveness/setbacks.test.ts'] }, [
  { name: 'setbacks: many at once count as one', find: 'isFirst || now >= this.#growAt', replace: 'true' },
  { name: 'setbacks: the wait has an end', find: 'Math.min(LONGEST_MS, this.#delayMs * 2)', replace: 'this.#delayMs * 2' },
  { name: 'setbacks: one success is not the end', find: ' || now - this.#lastAt < this.#delayMs * PATIENCE', replace: '' },
  { name: 'setbacks: reported once', find: '    if (isFirst) this.#parts', replace: '    this.#parts' },
  {
    name: 'setbacks: an answer of the database is no recovery',
    file: 'src/liveness/database-condition.ts',
    find: ' || this.setbacks.isFailing',
    replace: '',
  },
]);

const called = mutantsOf({ file: 'src/worker/running/receiver-transaction.ts', tests: ['test/worker/running/not-called.test.ts'] }, [
  {
    name: 'not called: an error before the call is judged as such',
    find: "let phase: Phase = 'begin';",
    replace: "let phase = 'call' as Phase;",
    named: 'first statement',
  },
  {
    name: 'not called: a service that cannot be made is no failure',
    file: 'src/worker/running/perform.ts',
    find: "    return { kind: 'prevented', error };",
    replace: '    return outcomeOf(error);',
    named: 'cannot be made',
  },
  {
    name: 'conflicts: run again',
    file: 'src/worker/running/perform.ts',
    find: 'if (times === MOST_TIMES) return',
    replace: 'if (times > 0) return',
    tests: ['test/worker/running/batch-failures.test.ts'],
    named: 'conflict with another transaction',
  },
]);

const isolation = mutantsOf({ file: 'src/transaction/transactions.ts', tests: ['test/conformance'], named: 'whatever the default' }, [
  {
    name: 'isolation: said where Drizzle begins',
    find: 'isolation && driver.isolatesByConfig ? { isolationLevel: isolation } : config',
    replace: 'config',
    tests: ['test/conformance/node-postgres.test.ts'],
  },
  {
    name: 'isolation: said where the pool begins',
    find: 'driver.openOn?.(isolation)',
    replace: 'driver.openOn?.()',
    tests: ['test/conformance/postgres-js.test.ts'],
  },
  {
    name: 'isolation: a receiver that asked for it repeats its conflicts',
    file: 'src/worker/running/receiver-transaction.ts',
    find: "receiver.isolation !== 'read committed' || ",
    replace: '',
    tests: ['test/conformance/node-postgres.test.ts'],
    named: 'that asked for isolation',
  },
]);

const followed = mutantsOf({ file: 'src/worker/running/settler.ts', tests: ['test/worker/running/after-commit.test.ts'] }, [
  {
    name: 'followed: an endless callback is waited for no longer than a receiver',
    find: 'await deadline.race(followed)',
    replace: 'await followed',
    named: 'keeps no slot',
  },
  {
    name: 'registry: services are made outside of any transaction',
    file: 'src/container/registry.ts',
    find: 'return this.#outside(() => this.resolve(',
    replace: 'return (<R>(work: () => R): R => work())(() => this.resolve(',
    tests: ['test/worker/running/made-outside.test.ts'],
  },
]);

const control = mutantsOf({ file: 'src/drivers/transaction-control.ts', tests: ['test/drivers/transaction-control.test.ts'] }, [
  {
    name: 'control: a savepoint is the caller’s own',
    find: String.raw`\b(?!(?:\s+(?:work|transaction))?\s+to\b)`,
    replace: String.raw`\b`,
  },
  { name: 'control: several statements in one text', find: ' ?? endingBehind(text)', replace: '' },
  { name: 'control: quoted text is no statement', find: "text.replaceAll(QUOTED, ' ')", replace: 'text' },
  { name: 'control: the body of a function in SQL', find: ' || SQL_BODY.test(text)', replace: '' },
  {
    name: 'control: on postgres.js',
    file: 'src/drivers/postgres-js.ts',
    find: '    refuseEnding(sent);\n',
    replace: '',
    tests: ['test/conformance/postgres-js.test.ts'],
    named: 'sends ROLLBACK',
  },
  {
    name: 'control: on other drivers',
    file: 'src/drivers/client-proxy.ts',
    find: '      refuseEnding(args[0]);\n',
    replace: '',
    tests: ['test/conformance/node-postgres.test.ts', 'test/conformance/pglite.test.ts'],
    named: 'sends ROLLBACK',
  },
]);

export const faultMutants: readonly Mutant[] = [...fault, ...setbacks, ...called, ...isolation, ...followed, ...control];
