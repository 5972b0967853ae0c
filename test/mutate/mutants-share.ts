// Mutants of deliveries that share a transaction.
import { type Mutant, mutantsOf } from './mutant.ts';

const share = ['test/worker/running/share.test.ts'];
const failures = ['test/worker/running/share-failures.test.ts'];
const ends = ['test/worker/running/share-ends.test.ts'];
const settings = ['test/worker/running/share-settings.test.ts'];

const transaction = mutantsOf({ file: 'src/worker/running/shared-transaction.ts', tests: failures }, [
  { name: 'share: only what it holds is run', find: 'return parts.filter(isHeld);', replace: 'return parts;', tests: share },
  { name: 'share: only those that returned are completed', find: ".filter(({ end }) => end === 'returned')", replace: '' },
  {
    name: 'share: what failed is undone',
    find: 'this.#mark(this.#parts.store.batches.undoPart(this.#send));',
    replace: 'Promise.resolve();',
  },
  {
    name: 'share: nothing is undone to an unknown savepoint',
    find: '      await marked;\n      if (this.#unmarked) throw',
    replace: '      if (false) throw',
    equivalent: 'The check at the end of the transaction rolls all of it back, too; this one spares the statements between.',
  },
  {
    name: 'share: a savepoint that does not stand is known',
    find: 'sent.catch((error: unknown) => void (this.#unmarked ??= { error }))',
    replace: 'sent.catch(() => {})',
  },
  { name: 'share: a conflict counts for nobody', find: "isOfNeighbours ? 'again' : { error }", replace: '{ error }' },
  { name: 'share: a lane commits after a failed statement', find: '      this.#shared.lane?.survived();\n', replace: '' },
  {
    name: 'share: a timeout is that of one',
    find: '[this.culprit, this.reason] = [part, deadline.reason];',
    replace: 'this.reason = deadline.reason;',
  },
  {
    name: 'share: nothing of a lost transaction stays open',
    find: '      if (this.#deadline) this.#shared.deadlines.close(this.#deadline);\n',
    replace: '',
    tests: ends,
  },
  {
    name: "share: a lost connection is nobody's failure",
    find: '      if (this.isLost) throw error;\n',
    replace: '',
    tests: ends,
    equivalent: 'What follows fails on the lost connection, and it is noted by then that it is lost.',
  },
  {
    name: 'share: a setting ends it',
    find: "    if (this.#isSpoilt) throw new Obstructed('leaves something behind');\n",
    replace: '',
    tests: settings,
  },
  {
    name: 'share: the surroundings are as they were',
    find: "    if (surroundings !== hold.surroundings) throw new Obstructed('leaves something behind');\n",
    replace: '',
    tests: settings,
  },
]);

const verdicts = mutantsOf({ file: 'src/worker/running/share.ts', tests: failures }, [
  {
    name: 'share: its time is bounded',
    find: 'elapsedMs >= sharing.groupMs || ',
    replace: '',
    tests: ['test/worker/running/share-time.test.ts'],
  },
  { name: 'share: none follows a conflict', find: "end === 'again' ||", replace: 'false ||', tests: ends },
  { name: 'share: none is called when the service is away', find: "outcomeKind(end.error) === 'unavailable')", replace: 'false)' },
  {
    name: 'share: a failure in a COMMIT without its answer is none',
    find: '      if (after) return interrupted(RECONNECT_MS);\n',
    replace: '',
    tests: ends,
  },
  {
    name: 'share: the receiver shares no more',
    find: "error.obstacle === 'leaves something behind' && sharing.refuse(receiver)",
    replace: "error.obstacle === 'leaves something behind'",
    tests: settings,
  },
]);

const around = [
  ...mutantsOf({ file: 'src/worker/claiming/batching.ts', tests: ['test/worker/claiming/batch-groups.test.ts'] }, [
    { name: 'share: a retry does not begin a group', find: ' && mayShare(first.delivery)', replace: '' },
    { name: 'share: a retry does not join one', find: ' && (!isShared || mayShare(other.delivery))', replace: '' },
    { name: 'share: nothing that a worker died with', find: ' && crashes === 0', replace: '' },
    { name: 'share: a long queue is not walked', find: 'from + most * LOOKED_THROUGH', replace: 'queue.length' },
  ]),
  ...mutantsOf({ file: 'src/worker/claiming/prefetch.ts', tests: ['test/worker/claiming/batch-groups.test.ts'] }, [
    {
      name: 'share: no more is held than starts soon',
      find: 'Math.min(this.#fill(), Math.floor(this.#perMs * FILL_MS))',
      replace: 'this.#fill()',
    },
    { name: 'share: what it needs is held', find: 'Math.min(this.#fill(), Math.floor(this.#perMs * FILL_MS))', replace: '0' },
  ]),
  ...mutantsOf({ file: 'src/worker/claiming/slots.ts', tests: ends }, [
    { name: 'share: a worker that ends takes nothing back', find: 'if (this.#isClosed || ', replace: 'if (' },
  ]),
  ...mutantsOf({ file: 'src/worker/running/runner.ts', tests: ['test/worker/running/share-time.test.ts'] }, [
    {
      name: 'share: what was taken back is the run of another',
      find: '      if (members.length < deliveries.length) keys = members.map(({ delivery }) => keyOf(delivery));\n',
      replace: '',
    },
    {
      name: 'share: what is taken back may run again',
      find: '    for (const { delivery } of left) this.#runs.delete(keyOf(delivery));\n',
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/worker/running/receiver-transaction.ts', tests: failures }, [
    { name: 'share: a conflict with those that share counts for nobody', find: ' || mostShared(receiver, parts.share) > 1', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/worker/running/sharing.ts', tests: ['test/worker/running/sharing.test.ts'] }, [
    { name: 'share: not what is slow', find: '    if (state.meanMs > this.groupMs) return 1;\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/core/share.ts', tests: ['test/worker/running/sharing.test.ts'] }, [
    { name: 'share: read committed alone', find: " || isolation !== 'read committed'", replace: '' },
    { name: 'share: with a transaction alone', find: ' || !transactional', replace: '' },
    { name: 'share: no batches', find: ' || batch !== undefined', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/transaction/scope.ts', tests: settings }, [
    { name: 'share: a setting in a savepoint is seen', find: '    this.onSent = parent?.onSent;\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/drivers/postgres-js.ts', tests: settings }, [
    { name: 'share: postgres.js tells what is sent', find: '    gate.onSent?.(sent);\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/drivers/client-proxy.ts', tests: settings }, [
    { name: 'share: node-postgres tells what is sent', find: '      gate.onSent?.(args[0]);\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/store/deliveries/batch.sql.ts', tests: settings }, [
    { name: 'share: the search path is compared', find: "  'search_path',\n", replace: '' },
  ]),
];

const statements = mutantsOf({ file: 'src/store/deliveries/batch.sql.ts', tests: failures }, [
  { name: 'share: each part has a savepoint', within: 'beginPart', find: 'savepoint part_of_shared_transaction', replace: 'select' },
  {
    name: 'share: a part is undone to its savepoint',
    within: 'undoPart',
    find: 'rollback to savepoint part_of_shared_transaction',
    replace: 'select',
  },
]);

const seen = mutantsOf({ file: 'src/drivers/lasting-statements.ts', tests: ['test/drivers/lasting-statements.test.ts'] }, [
  { name: 'share: a statement that sets is seen', find: 'LASTING.test(text) || ', replace: '' },
  { name: 'share: a function that sets is seen', find: 'WITHIN.test(text) || ', replace: '' },
  { name: 'share: a later statement is seen', find: ' || laterStatements(text).some((statement) => LASTING.test(statement))', replace: '' },
]);

export const shareMutants: readonly Mutant[] = [...statements, ...seen, ...transaction, ...verdicts, ...around];
