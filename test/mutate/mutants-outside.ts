// Mutants of the code that notices the plain database inside a transaction.
import { type Mutant, mutantsOf } from './mutant.ts';

export const outsideMutants: readonly Mutant[] = mutantsOf(
  { file: 'src/transaction/outside-writes.ts', tests: ['test/transaction/outside-writes.test.ts'] },
  [
    { name: 'outside: only where a transaction is open', find: '!ambient.current()?.isOpen', replace: '!ambient.current()' },
    { name: 'outside: of derived objects nothing', find: 'self === db && ', replace: '' },
    { name: 'outside: warned of once', find: '    this.#told.add(call);\n', replace: '' },
    {
      name: 'outside: a query that would wait is refused',
      find: "if (policy === 'refuse' || waits) throw",
      replace: "if (policy === 'refuse') throw",
    },
    { name: 'outside: a box that allows is not watched', find: "if (policy === 'allow' || ", replace: 'if (' },
    {
      name: 'outside: a statement that reads passes',
      find: "method === 'execute' && isRead(args[0])",
      replace: "method === 'none' && isRead(args[0])",
    },
    { name: 'outside: a with that writes does not pass', find: ' && !/\\b(insert|update|delete|merge)\\b/i.test(text)', replace: '' },
    { name: 'outside: the result of with is watched', find: '      this.#watchWith();\n', replace: '' },
    { name: 'outside: so is a transaction', find: '    this.#watchTransaction();\n', replace: '' },
    { name: 'outside: the place is that of the application', find: ' || isOwn(place)', replace: '' },
    {
      name: 'outside: a closed box puts the methods back',
      find: 'for (const undo of this.#undo.splice(0).toReversed()) undo();',
      replace: '',
    },
  ],
);
