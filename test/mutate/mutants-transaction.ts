// Mutants of the code that opens and closes tracked transactions, and of the ambient one.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/transaction'];

const transactions = mutantsOf({ file: 'src/transaction/transactions.ts', tests }, [
  {
    name: 'transactions: one box for each database object',
    tests: ['test/transaction/transactions.test.ts'],
    named: 'one database object',
    find: 'if ([...tracking].some((handle) => TRACKED in handle))',
    replace: 'if (false as boolean)',
  },
  {
    name: 'transactions: closing gives the object back',
    tests: ['test/transaction/transactions.test.ts'],
    named: 'one database object',
    find: '        delete (handle as Partial<DatabaseHandle>).transaction;\n',
    replace: '',
  },
  {
    name: 'transactions: closing frees the object',
    tests: ['test/transaction/transactions.test.ts'],
    named: 'one database object',
    find: '        delete (handle as { [TRACKED]?: true })[TRACKED];\n',
    replace: '',
  },
  {
    name: 'transactions: announces before BEGIN',
    find: '    if (!options.isOwn) await this.#hooks.beforeBegin();\n',
    replace: '',
    tests: ['test/dispatch/reliable.test.ts'],
  },
  {
    name: 'transactions: our own announce nothing',
    find: 'if (!options.isOwn) await',
    replace: 'await',
    tests: ['test/transaction/transactions.test.ts'],
  },
  {
    name: 'transactions: a failed transaction has ended',
    tests: ['test/transaction/closing.test.ts'],
    named: 'backend is killed',
    find: '      scope.lose();\n',
    replace: '',
    hangs: 'The transaction waits for its callback, which never ends.',
  },
  {
    name: 'transactions: the reason of a loss is thrown',
    tests: ['test/conformance/node-postgres.test.ts'],
    named: 'pool a transaction whose backend is killed',
    find: 'throw lost ? scope.failure : error',
    replace: 'throw error',
  },
  {
    name: 'transactions: the driver is not notified of a lost one',
    tests: ['test/transaction/closing.test.ts'],
    named: 'backend is killed',
    find: 'return this.#driver.rejectsWhenLost && scope.isLost ? new Promise<never>(() => {}) : result();',
    replace: 'return result();',
  },
  {
    name: 'transactions: waits until a loss is reported',
    tests: ['test/transaction/too-late.test.ts'],
    find: '      if (this.#driver.rejectsWhenLost && this.#driver.isConnectionLoss(scope.failure)) await scope.loss(LOSS_NOTICED_MS);\n',
    replace: '',
  },
  {
    name: 'transactions: a late callback is not called',
    tests: ['test/transaction/too-late.test.ts'],
    find: '    if (!scope.isOpen) throw transactionEnded();\n',
    replace: '',
  },
  {
    name: 'transactions: the callback is left when its scope closes',
    tests: ['test/worker/running/timeout.test.ts'],
    find: 'await scope.whileOpen(this.#ambient.run(scope, async () => callback(tx, scope)))',
    replace: 'await this.#ambient.run(scope, async () => callback(tx, scope))',
  },
  {
    name: 'transactions: the callback runs in its scope',
    tests: ['test/transaction/ambient.test.ts'],
    named: 'outside of a transaction Db is',
    find: 'this.#ambient.run(scope, async () => callback(tx, scope))',
    replace: '(async () => callback(tx, scope))()',
  },
  {
    name: 'transactions: all is awaited before the commit',
    tests: ['test/transaction/transactions.test.ts'],
    named: 'floating',
    find: '      await scope.finish();\n',
    replace: '',
  },
  {
    name: 'transactions: a failed callback ends its scope before the rollback',
    tests: ['test/conformance/node-postgres.test.ts', 'test/conformance/postgres-js.test.ts'],
    named: 'a floating query is rolled back',
    find: '      await scope.abandon();\n',
    replace: '',
  },
  {
    name: 'transactions: statements pass the gate',
    tests: ['test/transaction/closing.test.ts'],
    named: 'cannot be used in any way',
    find: 'this.#driver.guard(clientOf(original)!, scope)',
    replace: 'clientOf(original)!',
  },
  {
    name: 'transactions: savepoints take turns',
    tests: ['test/transaction/savepoints.test.ts'],
    named: 'sibling',
    find: 'scope.inTurn(async () => this.#savepoint(scope, open, callback as (tx: TransactionHandle) => unknown))',
    replace: 'this.#savepoint(scope, open, callback as (tx: TransactionHandle) => unknown)',
  },
  {
    name: 'transactions: a floating savepoint counts',
    tests: ['test/transaction/savepoints.test.ts'],
    named: 'floating',
    find: 'scope.pend(scope.whileOpen(savepoint))',
    replace: 'scope.whileOpen(savepoint)',
  },
  {
    name: 'transactions: a savepoint is left when its scope closes',
    tests: ['test/transaction/too-late.test.ts'],
    find: 'scope.pend(scope.whileOpen(savepoint))',
    replace: 'scope.pend(savepoint)',
    hangs: 'The transaction waits for the savepoint, whose callback never ends.',
  },
  {
    name: 'transactions: a savepoint opens in the innermost scope',
    tests: ['test/transaction/savepoints.test.ts'],
    named: 'does not wait for it',
    find: 'this.#ambient.innermost(scope);',
    replace: 'scope;',
  },
  {
    name: 'transactions: a savepoint of a closed scope does not begin',
    tests: ['test/transaction/closing.test.ts'],
    find: '    parent.enter();\n',
    replace: '',
  },
  {
    name: 'transactions: the callbacks of a savepoint are kept',
    tests: ['test/transaction/after-commit.test.ts'],
    find: '      parent.keep(scope);\n',
    replace: '',
  },
  {
    name: 'transactions: a savepoint that was rolled back is dropped',
    tests: ['test/transaction/after-commit.test.ts'],
    find: '      return result;\n    } finally {\n',
    replace: '      return result;\n    } finally {\n      parent.keep(scope);\n',
  },
  {
    name: 'transactions: a savepoint ends with its call',
    tests: ['test/transaction/closing.test.ts'],
    equivalent: 'finish and abandon have closed it by then; only a savepoint that could not begin is left, and no code has its handle.',
    find: '      scope.close();\n',
    replace: '',
  },
]);

const ambient = mutantsOf({ file: 'src/transaction/ambient.ts', tests: [...tests, 'test/worker/running/stale.test.ts'] }, [
  {
    name: 'ambient: outside is outside',
    tests: ['test/worker/running/stale.test.ts'],
    named: 'does not work in',
    find: 'this.#storage.run(undefined, work)',
    replace: 'work()',
  },
  {
    name: 'ambient: the innermost open scope',
    tests: ['test/transaction/inside-another.test.ts'],
    find: 'if (at.isOpen && at.isWithin(scope))',
    replace: 'if (at.isWithin(scope))',
  },
  {
    name: 'ambient: the innermost of this transaction',
    tests: ['test/transaction/inside-another.test.ts'],
    find: 'if (at.isOpen && at.isWithin(scope))',
    replace: 'if (at.isOpen)',
  },
  {
    name: 'ambient: the innermost scope owns',
    tests: ['test/transaction/savepoints.test.ts'],
    named: 'outer handle inside',
    find: 'at; at = at.parent) if (at.isOpen && at.isWithin(scope)) return at;',
    replace: 'at; at = at.parent) if (at === scope) return at;',
  },
]);

const others = [
  ...mutantsOf({ file: 'src/transaction/after-commit.ts', tests }, [
    { name: 'afterCommit: not after the end', tests: ['test/transaction/after-commit.test.ts'], find: '    scope.enter();\n', replace: '' },
    {
      name: 'afterCommit: belongs to the innermost scope',
      tests: ['test/transaction/inside-another.test.ts'],
      find: 'this.#ambient.innermost(scope).afterCommit',
      replace: 'scope.afterCommit',
    },
  ]),
  ...mutantsOf({ file: 'src/transaction/ambient-db.ts', tests }, [
    {
      name: 'Db: no query after the end',
      tests: ['test/transaction/ambient.test.ts'],
      named: 'outlives',
      equivalent: 'The client of the scope is guarded, and refuses by itself.',
      find: '    scope?.enter();\n    return scope?.client',
      replace: '    return scope?.client',
    },
    {
      name: 'Db: no transaction after the end',
      tests: ['test/transaction/ambient.test.ts'],
      named: 'outlives',
      equivalent: 'The savepoint that it would open asks its parent, which refuses.',
      find: '    scope?.enter();\n    return scope ?',
      replace: '    return scope ?',
    },
    {
      name: 'Db: belongs to the transaction',
      tests: ['test/transaction/ambient.test.ts'],
      named: 'outside of a transaction Db is',
      find: 'return scope?.client ?? pool',
      replace: 'return pool',
    },
    {
      name: 'Db: falls back to nothing',
      tests: ['test/transaction/ambient.test.ts'],
      named: 'outlives',
      find: '    scope?.enter();\n    return scope?.client ?? pool',
      replace: '    return scope?.isOpen ? scope.client! : pool',
    },
  ]),
];

export const transactionMutants: readonly Mutant[] = [...transactions, ...ambient, ...others];
