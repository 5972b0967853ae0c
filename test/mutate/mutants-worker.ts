// Mutants of the code that runs deliveries, and of the drivers' gates.
import { type Mutant, mutantsOf } from './mutant.ts';

const running = ['test/worker/running/outcomes.test.ts', 'test/worker/running/timeout.test.ts', 'test/worker/running/connections.test.ts'];

const executor = mutantsOf({ file: 'src/worker/running/receiver-transaction.ts', tests: running }, [
  {
    name: 'executor: a stale run calls no receiver',
    find: "        if (found !== 'held') throw found === 'stale' ? STALE : OUTSIDE;\n",
    replace: '',
    tests: ['test/worker/running/stale.test.ts'],
  },
  {
    name: 'executor: completes in the transaction of the receiver',
    find: 'call.begin(driver.run(scope.client)',
    replace: 'call.begin(driver.run()',
  },
  {
    name: 'executor: a stale run is no failure',
    find: "    if (error === STALE) return { kind: 'stale' };\n",
    replace: '',
    tests: ['test/worker/running/stale.test.ts'],
    equivalent: 'Its failure would be recorded under the same guard, find nothing, and be reported as stale: one statement in vain.',
  },
  { name: 'executor: a timeout closes the transaction', find: '  deadline.onEnd(() => scopeOfRun?.close());\n', replace: '' },
  {
    name: 'executor: an ended run does not begin',
    file: 'src/worker/running/deadline.ts',
    find: '    if (this.#reason) throw this.#reason;\n',
    replace: '',
    tests: ['test/worker/running/stale.test.ts'],
  },
  { name: 'executor: a timeout is reported as such', find: '    if (deadline.reason) return outcomeOf(deadline.reason);\n', replace: '' },
  {
    name: "executor: a failure elsewhere is the receiver's",
    find: '(!thrown && driver.isConnectionLoss(error))',
    replace: 'driver.isConnectionLoss(error)',
  },
  {
    name: 'executor: a lost connection in a query costs no attempt',
    find: 'driver.isConnectionLoss(scopeOfRun?.failure) || ',
    replace: '',
    tests: ['test/conformance/node-postgres.test.ts'],
    named: 'killed in its own query',
  },
  {
    name: 'executor: a connection lost at BEGIN costs no attempt',
    find: ' || (!thrown && driver.isConnectionLoss(error))',
    replace: '',
    tests: ['test/worker/running/commit.test.ts'],
    named: 'at its BEGIN',
    equivalent:
      'Before the call, an error without a code of the database is that of the surroundings (fault.ts). The words are for a driver that reports the loss of a connection later, and not as the failure of a query.',
  },
  {
    name: 'executor: a receiver runs outside of the transaction around',
    find: 'await ambient.outside(() =>\n      transactions.attempt(',
    replace: 'await (async <T>(work: () => Promise<T>) => work())(() =>\n      transactions.attempt(',
    tests: ['test/worker/immediate.test.ts', 'test/worker/running/stale.test.ts'],
    equivalent: 'All callers that run deliveries are outside already: the loops, tick, drain, and afterCommit callbacks.',
  },
  {
    name: 'executor: a reclaimed delivery is not run',
    file: 'src/worker/running/single.ts',
    find: "found === 'completed' ? 'held' : found",
    replace: "found === 'outside' ? found : 'held'",
    tests: ['test/worker/running/stale.test.ts'],
  },
  {
    name: 'executor: a detached receiver runs outside of the transaction around',
    file: 'src/worker/running/perform.ts',
    find: 'this.#parts.ambient.outside(() => apart(() => invoke(call.payload(), call.context())))',
    replace: 'apart(() => invoke(call.payload(), call.context()))',
    tests: ['test/worker/immediate.test.ts', 'test/worker/running/stale.test.ts'],
    equivalent: 'All callers that run deliveries are outside already: the loops, tick, drain, and afterCommit callbacks.',
  },
  {
    name: 'executor: the clock of the timeout starts with the call',
    file: 'src/worker/running/deadline.ts',
    find: '    this.#timer?.refresh();\n',
    replace: '',
    named: 'does not count towards the timeout',
  },
  {
    name: 'executor: a receiver that was not called has not timed out',
    file: 'src/worker/running/deadline.ts',
    find: 'const error = this.#isCalled\n',
    replace: 'const error = true\n',
    named: 'longer than its timeout',
  },
  {
    name: 'executor: a detached receiver has a deadline',
    file: 'src/worker/running/perform.ts',
    find: 'await deadline.race(returned);',
    replace: 'await returned;',
    hangs: 'The receiver waits for its abort signal alone, and nothing else ends its call.',
  },
]);

const immediate = mutantsOf({ file: 'src/worker/immediate.ts', tests: ['test/worker/immediate.test.ts'] }, [
  { name: 'immediate: nothing joins an ended run', find: 'if (current && !current.isOver)', replace: 'if (current)' },
  {
    name: 'immediate: the error says that the transaction is committed',
    find: '      // Never as it is: a caller that sees the error of a query takes the transaction for rolled back.\n',
    replace: '      throw error;\n',
  },
]);

const worker = mutantsOf({ file: 'src/worker/worker.ts', tests: ['test/worker/running/stale.test.ts'] }, [
  {
    name: 'worker: an outage of the database is reported once',
    file: 'src/liveness/database-condition.ts',
    find: '    if (this.#isFailing) return;\n',
    replace: '',
    tests: ['test/liveness/database-condition.test.ts'],
  },
  {
    name: 'worker: a statement from before the recovery is no new failure',
    file: 'src/liveness/database-condition.ts',
    find: 'if (since >= this.#recoveredAt) ',
    replace: '',
    tests: ['test/liveness/database-condition.test.ts'],
  },
  {
    name: 'worker: its loops run outside of the transaction around',
    find: 'this.#parts.ambient.neutrally(() => reaching(this.#parts.driver, () => this.#start()))',
    replace: 'this.#start()',
    tests: ['test/worker/running/async-context.test.ts'],
  },
  {
    name: 'worker: a tick runs outside of the transaction around',
    find: 'this.#parts.ambient.neutrallyIn(currentCall(), async () => this.#tick(options.abortSignal))',
    replace: 'this.#tick(options.abortSignal)',
  },
]);

const postgresJs = mutantsOf(
  { file: 'src/drivers/postgres-js.ts', tests: ['test/drivers/gates.test.ts', 'test/transaction/transactions.test.ts'] },
  [
    {
      name: 'postgres.js: a call passes the gate',
      find: '    gate.enter();\n    refuseEnding(sent);\n',
      replace: '    refuseEnding(sent);\n',
    },
    {
      name: 'postgres.js: a query passes the gate when it is sent',
      find: '      gate.enter();\n      const result',
      replace: '      const result',
    },
    { name: 'postgres.js: a query is watched', find: '      gate.watch(result);\n', replace: '' },
    {
      name: 'postgres.js: queries are distinguished from savepoints',
      find: '    if (isQuery(query)) watchQuery(query, gate);\n',
      replace: '',
    },
    {
      name: 'postgres.js: template queries pass the gate',
      find: 'pass(args[0], () => Reflect.apply(target, self, args)),',
      replace: 'Reflect.apply(target, self, args),',
    },
    { name: 'postgres.js: unsafe sends', find: "['unsafe', 'file'", replace: "['file'" },
    { name: 'postgres.js: a savepoint sends', find: ", 'savepoint', 'begin'", replace: ", 'begin'", tests: ['test/drivers/gates.test.ts'] },
  ],
);

const conformance = ['test/conformance/node-postgres.test.ts'];

const passing = mutantsOf({ file: 'src/drivers/client-proxy.ts', tests: conformance }, [
  { name: 'gate: statements pass it', find: '      gate.enter();\n', replace: '', named: 'cannot be used in any way' },
  {
    name: 'gate: statements are watched',
    find: '      if (isThenable(result)) gate.watch(result);\n',
    replace: '',
    named: 'a query error that the callback swallowed',
  },
  {
    name: 'gate: the client is picked for each use',
    find: 'Reflect.apply(Reflect.get(client, key) as () => unknown, client, args)',
    replace: 'Reflect.apply(member as () => unknown, client, args)',
    tests: ['test/drivers/gates.test.ts'],
  },
]);

const session = mutantsOf({ file: 'src/drivers/pg-checkout.ts', tests: ['test/drivers/pg-checkout.test.ts'] }, [
  {
    name: 'node-postgres: a lost connection ends its transaction',
    find: '    checkout.gate?.lose(error);\n',
    replace: '',
    tests: conformance,
    named: 'pool a transaction whose backend is killed',
  },
  {
    name: 'node-postgres: the outermost scope is notified of the loss',
    find: 'checkout.gate ??= gate',
    replace: 'checkout.gate = gate',
  },
  {
    name: 'node-postgres: a client whose BEGIN failed is released',
    find: '    release();\n    throw error;\n',
    replace: '    throw error;\n',
  },
  {
    name: 'node-postgres: a failed ROLLBACK does not hide its reason',
    find: '    if (begun) return { rows: [] };\n',
    replace: '    if (begun) throw error;\n',
  },
  { name: 'node-postgres: a failed statement is thrown', find: "    if (begun && text !== 'rollback') throw error;\n", replace: '' },
  { name: 'node-postgres: a broken client is not used again', find: 'client.release(broken)', replace: 'client.release()' },
  {
    name: 'node-postgres: a client that lost its connection is broken',
    find: '    broken ??= asError(error);\n    checkout',
    replace: '    checkout',
  },
  { name: 'node-postgres: a client is released once', find: '    if (released) return;\n', replace: '' },
  { name: 'node-postgres: a lost connection does not end the process', find: "  client.on('error', onError);\n", replace: '' },
  { name: 'node-postgres: leaves no listener behind', find: "    client.off('error', onError);\n", replace: '' },
]);

const single = mutantsOf({ file: 'src/drivers/node-postgres.ts', tests: conformance }, [
  {
    name: 'node-postgres: transactions of one client take turns',
    find: '    await before;\n',
    replace: '',
    named: 'single client concurrent transactions',
  },
  {
    name: 'node-postgres: losses are reported to the gate',
    find: '  reportLoss(client, gate);\n',
    replace: '',
    named: 'pool a transaction whose backend is killed',
  },
]);

export const workerMutants: readonly Mutant[] = [...executor, ...immediate, ...worker, ...postgresJs, ...passing, ...session, ...single];
