// Mutants of the waits of a transaction for itself.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/transaction/patience.test.ts'];

export const patienceMutants: readonly Mutant[] = [
  ...mutantsOf({ file: 'src/transaction/scope.ts', tests }, [
    { name: 'patience: of an emit', find: "await this.#patiently(this.#savepoints, 'An emit')", replace: 'await this.#savepoints' },
    {
      name: 'patience: of a savepoint',
      find: "this.#openSavepoints++ === 0 ? before : this.#patiently(before, 'A savepoint')",
      replace: 'this.#openSavepoints++ === 0 ? before : before',
    },
    {
      name: 'patience: of the end',
      find: "await this.#patiently(this.#savepoints, 'The end of the transaction')",
      replace: 'await this.#savepoints',
    },
    { name: 'patience: while a statement is under way', find: 'root.#isBusy ? undefined : root.#statements', replace: 'root.#statements' },
    { name: 'patience: while statements are sent', find: '    this.#root.#statements++;\n', replace: '' },
    {
      name: 'patience: a savepoint that waited in vain lets no other in',
      find: 'Promise.all([before, turn.then(noop, noop)])',
      replace: 'turn.then(noop, noop)',
    },
  ]),
  ...mutantsOf({ file: 'src/transaction/patience.ts', tests }, [
    {
      name: 'patience: ends',
      find: 'if (idle >= LOOKS)',
      replace: 'if (idle > LOOKS * 99)',
      hangs: 'The emit and its transaction wait for each other, and this limit is the only end of that.',
    },
    { name: 'patience: begins anew with each statement', find: 'now === undefined || now !== seen ? 0 : idle + 1', replace: 'idle + 1' },
  ]),
  ...mutantsOf({ file: 'src/transaction/after-commit.ts', tests }, [
    {
      name: 'patience: of a callback',
      find: 'await Promise.race([ended, late]);',
      replace: 'await ended;',
      hangs: 'The callback and its transaction wait for each other, and this limit is the only end of that.',
    },
  ]),
];
