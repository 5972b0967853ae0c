// Mutants of tracked transactions: the scope, what opens and closes it, and who it belongs to.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/transaction'];

const scope = mutantsOf({ file: 'src/transaction/scope.ts', tests }, [
  { name: 'scope: nothing enters after the end', find: '    if (!this.#open) throw transactionEnded();\n', replace: '' },
  { name: 'scope: whileOpen ends when the scope does', find: '      this.#onClose.add(stop);\n', replace: '' },
  { name: 'scope: knows the savepoint open inside it', find: '    if (parent) parent.#child = this;\n', replace: '' },
  {
    name: 'scope: a failed query is remembered',
    find: '        this.#inFlight.delete(finished);\n        this.#failure ??= { error };\n',
    replace: '        this.#inFlight.delete(finished);\n',
  },
  { name: 'scope: queries under way are known', find: '    this.#inFlight.add(finished);\n', replace: '' },
  { name: 'scope: emits under way are known', find: '    this.#pending.add(observed);\n', replace: '' },
  {
    name: 'scope: an emit waits for the savepoint beside it',
    find: '    while (this.#openSavepoints > 0) await this.#savepoints;\n    this.enter();\n',
    replace: '    this.enter();\n',
  },
  {
    name: 'scope: an emit that waited asks again whether the scope is open',
    find: '    this.enter();\n    return work();\n',
    replace: '    return work();\n',
  },
  { name: 'scope: savepoints take turns', find: 'before.then(work)', replace: 'work()' },
  { name: 'scope: a turn begins also after one that failed', find: 'turn.then(noop, noop)', replace: 'turn' },
  {
    name: 'scope: what is to run after the commit is kept with its savepoint',
    find: '    this.afterCommit.push(...child.afterCommit);\n',
    replace: '',
  },
  {
    name: 'scope: emissions are kept with their savepoint',
    find: '    this.emissions.push(...child.emissions);\n',
    replace: '',
    tests: ['test/worker/immediate.test.ts', ...tests],
  },
  {
    name: 'scope: savepoints are awaited before the commit',
    find: '      if (this.#openSavepoints > 0) await this.#savepoints;\n      else if',
    replace: '      if',
  },
  {
    name: 'scope: emits are awaited before the commit',
    find: '      else if (this.#pending.size > 0) await this.#settlePending();\n',
    replace: '',
  },
  {
    name: 'scope: queries are awaited before the commit',
    find: '      else if (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);\n',
    replace: '',
  },
  { name: 'scope: a swallowed error is found before the commit', find: '    if (this.#failure)\n', replace: '    if (false as boolean)\n' },
  { name: 'scope: closes before the commit', find: '      );\n    this.close();\n', replace: '      );\n' },
  { name: 'scope: closes the savepoint inside it', find: '    this.#child?.close();\n', replace: '' },
  { name: 'scope: closing tells who waits', find: '    for (const stop of this.#onClose) stop();\n', replace: '' },
  { name: 'scope: a lost one is known to be lost', find: '    this.#lost = true;\n', replace: '' },
  { name: 'scope: the reason of a loss is remembered', find: '    if (error !== undefined) this.#failure ??= { error };\n', replace: '' },
  { name: 'scope: a loss is told at once', find: '    for (const tell of this.#onLoss) tell();\n', replace: '' },
  { name: 'scope: a lost one closes', find: 'tell();\n    this.close();\n', replace: 'tell();\n' },
  { name: 'scope: a savepoint is lost with its transaction', find: 'this.parent ? this.parent.isLost : this.#lost', replace: 'this.#lost' },
  {
    name: 'scope: a savepoint waits for the loss of its transaction',
    find: '    if (this.parent) return this.parent.loss(withinMs);\n',
    replace: '',
  },
  {
    name: 'scope: closes before the rollback',
    find: '    this.close();\n    while (this.#openSavepoints > 0) await this.#savepoints;\n',
    replace: '    while (this.#openSavepoints > 0) await this.#savepoints;\n',
  },
  {
    name: 'scope: savepoints end before the rollback',
    find: '    this.close();\n    while (this.#openSavepoints > 0) await this.#savepoints;\n',
    replace: '    this.close();\n',
  },
  { name: 'scope: a failed emit that somebody awaited is his', find: '!outcome.ok && !emit.observed', replace: '!outcome.ok' },
  { name: 'scope: a failed emit that nobody awaited fails the transaction', find: ' throw outcome.error;\n', replace: ' continue;\n' },
  { name: 'scope: a savepoint is within its transaction', find: ' || (this.parent?.isWithin(other) ?? false)', replace: '' },
]);

const pending = mutantsOf({ file: 'src/transaction/pending.ts', tests }, [
  { name: 'pending: notices who asks', find: '    this.#observed = true;\n', replace: '' },
  { name: 'pending: a floating failure does not crash the process', find: '    void observed.outcome();\n', replace: '' },
  {
    name: 'pending: its own look does not count',
    find: '    return super.then(\n      () =>',
    replace: '    return this.then(\n      () =>',
  },
]);

const transactions = mutantsOf({ file: 'src/transaction/transactions.ts', tests }, [
  { name: 'transactions: one box for each database object', find: 'if (TRACKED in db)', replace: 'if (false as boolean)' },
  {
    name: 'transactions: closing gives the object back',
    find: '    delete (this.#db as Partial<DatabaseHandle>).transaction;\n',
    replace: '',
  },
  {
    name: 'transactions: closing frees the object',
    find: '    delete (this.#db as { [TRACKED]?: true })[TRACKED];\n',
    replace: '',
  },
  {
    name: 'transactions: announces before BEGIN',
    find: '    await this.#hooks.beforeBegin();\n',
    replace: '',
    tests: ['test/dispatch/reliable.test.ts'],
  },
  {
    name: 'transactions: afterCommit runs outside of the scope',
    find: 'this.#ambient.outside(() => this.#hooks.afterCommit(scope))',
    replace: 'this.#ambient.run(scope, () => this.#hooks.afterCommit(scope))',
  },
  {
    name: 'transactions: afterCommit runs outside of the transaction around',
    find: 'this.#ambient.outside(() => this.#hooks.afterCommit(scope))',
    replace: 'this.#hooks.afterCommit(scope)',
  },
  { name: 'transactions: a failed one is over', find: '      scope.lose();\n', replace: '' },
  { name: 'transactions: the reason of a loss is thrown', find: 'throw lost ? scope.failure : error', replace: 'throw error' },
  {
    name: 'transactions: the driver hears nothing of a lost one',
    find: 'return this.#driver.rejectsWhenLost && scope.isLost ? new Promise<never>(() => {}) : result();',
    replace: 'return result();',
  },
  {
    name: 'transactions: waits until a loss is told',
    find: '      if (this.#driver.rejectsWhenLost && this.#driver.isConnectionLoss(scope.failure)) await scope.loss(LOSS_NOTICED_MS);\n',
    replace: '',
  },
  {
    name: 'transactions: a callback that comes too late is not called',
    find: '    if (!scope.isOpen) throw transactionEnded();\n',
    replace: '',
  },
  {
    name: 'transactions: the callback is left when its scope closes',
    find: 'await scope.whileOpen(this.#ambient.run(scope, async () => callback(tx, scope)))',
    replace: 'await this.#ambient.run(scope, async () => callback(tx, scope))',
    tests: [...tests, 'test/worker/timeout.test.ts'],
  },
  {
    name: 'transactions: the callback runs in its scope',
    find: 'this.#ambient.run(scope, async () => callback(tx, scope))',
    replace: '(async () => callback(tx, scope))()',
  },
  { name: 'transactions: all is awaited before the commit', find: '      await scope.finish();\n', replace: '' },
  { name: 'transactions: a failed callback ends its scope before the rollback', find: '      await scope.abandon();\n', replace: '' },
  {
    name: 'transactions: statements pass the gate',
    find: 'this.#driver.guard(clientOf(original)!, scope)',
    replace: 'clientOf(original)!',
  },
  {
    name: 'transactions: savepoints take turns',
    find: 'scope.inTurn(async () => this.#savepoint(scope, open, callback as (tx: TransactionHandle) => unknown))',
    replace: 'this.#savepoint(scope, open, callback as (tx: TransactionHandle) => unknown)',
  },
  {
    name: 'transactions: a floating savepoint counts',
    find: 'scope.pend(scope.whileOpen(savepoint))',
    replace: 'scope.whileOpen(savepoint)',
  },
  {
    name: 'transactions: a savepoint is left when its scope closes',
    find: 'scope.pend(scope.whileOpen(savepoint))',
    replace: 'scope.pend(savepoint)',
  },
  { name: 'transactions: a savepoint opens in the innermost scope', find: 'this.#ambient.innermost(scope);', replace: 'scope;' },
  { name: 'transactions: a savepoint of a closed scope does not begin', find: '    parent.enter();\n', replace: '' },
  {
    name: 'transactions: what a savepoint gathered is kept',
    find: '      parent.keep(scope);\n',
    replace: '',
    tests: ['test/transaction', 'test/worker/immediate.test.ts'],
  },
  {
    name: 'transactions: a savepoint that was rolled back is dropped',
    find: '      return result;\n    } finally {\n',
    replace: '      return result;\n    } finally {\n      parent.keep(scope);\n',
  },
  { name: 'transactions: a savepoint ends with its call', find: '      scope.close();\n', replace: '' },
]);

const ambient = mutantsOf({ file: 'src/transaction/ambient.ts', tests: [...tests, 'test/worker/stale.test.ts'] }, [
  { name: 'ambient: outside is outside', find: 'this.#storage.run(undefined, work)', replace: 'work()' },
  { name: 'ambient: the innermost open scope', find: 'if (at.isOpen && at.isWithin(scope))', replace: 'if (at.isWithin(scope))' },
  { name: 'ambient: the innermost of this transaction', find: 'if (at.isOpen && at.isWithin(scope))', replace: 'if (at.isOpen)' },
  {
    name: 'ambient: the innermost scope owns',
    find: 'at; at = at.parent) if (at.isOpen && at.isWithin(scope)) return at;',
    replace: 'at; at = at.parent) if (at === scope) return at;',
  },
]);

const others = [
  ...mutantsOf({ file: 'src/transaction/after-commit.ts', tests }, [
    { name: 'afterCommit: not after the end', find: '    scope.enter();\n', replace: '' },
    {
      name: 'afterCommit: belongs to the innermost scope',
      find: 'this.#ambient.innermost(scope).afterCommit',
      replace: 'scope.afterCommit',
    },
  ]),
  ...mutantsOf({ file: 'src/transaction/db.ts', tests }, [
    { name: 'Db: no query after the end', find: '    scope?.enter();\n    return scope?.client', replace: '    return scope?.client' },
    { name: 'Db: no transaction after the end', find: '    scope?.enter();\n    return scope ?', replace: '    return scope ?' },
    { name: 'Db: belongs to the transaction', find: 'return scope?.client ?? pool', replace: 'return pool' },
    {
      name: 'Db: falls back to nothing',
      find: '    scope?.enter();\n    return scope?.client ?? pool',
      replace: '    return scope?.isOpen ? scope.client! : pool',
    },
  ]),
];

export const transactionMutants: readonly Mutant[] = [...scope, ...pending, ...transactions, ...ambient, ...others];
