// Mutants of receivers that take batches: the statement that locks their deliveries, and the code that runs them.
import { type Mutant, mutantsOf } from './mutant.ts';

const statement = ['test/store/deliveries/batch.test.ts'];
const running = ['test/worker/running/batch.test.ts', 'test/worker/running/batch-failures.test.ts'];
const grouping = ['test/worker/claiming/batch-groups.test.ts'];

const holdBatch = mutantsOf({ file: 'src/store/deliveries/batch.sql.ts', within: 'holdBatch', tests: statement }, [
  { name: 'holdBatch: statement timeout', find: "set_config('statement_timeout', $3::text, true)", replace: '$3::text' },
  {
    name: 'holdBatch: timeout of an idle transaction',
    find: "set_config('idle_in_transaction_session_timeout', $3::text, true)",
    replace: '$3::text',
  },
  { name: 'holdBatch: the timeouts are of the transaction', find: '$3::text, true)', replace: '$3::text, false)', count: 2 },
  {
    name: 'holdBatch: names the session after its worker',
    find: "set_config('application_name', coalesce((select 'signalbox worker ' || max(worker_id)::text from held), ''), true)",
    replace: 'null',
  },
  { name: 'holdBatch: the name is of the transaction', find: "from held), ''), true)", replace: "from held), ''), false)" },
  { name: 'holdBatch: says whether there is the transaction', find: '${OUTSIDE_LANE} as outside', replace: '$4::text is null as outside' },
  {
    name: 'holdBatch: locks the deliveries of these claims',
    find: '${HELD_CLAIM}',
    replace: 'cross join lateral (select o.id, null::int as worker_id) own',
  },
]);

const roles = mutantsOf({ file: 'src/store/deliveries/batch.ts', tests: ['test/worker/running/batch-role.test.ts'] }, [
  {
    name: 'batch role: of the session',
    file: 'src/store/deliveries/batch.sql.ts',
    within: 'takeRole',
    find: "set_config('role', $1::text, true)",
    replace: '$1::text',
  },
  {
    name: 'batch role: for the transaction',
    file: 'src/store/deliveries/batch.sql.ts',
    within: 'takeRole',
    find: "set_config('role', $1::text, true)",
    replace: "set_config('role', $1::text, false)",
    named: 'pipelined',
  },
  {
    name: 'batch role: with its timeout',
    file: 'src/store/deliveries/batch.sql.ts',
    within: 'takeRole',
    find: "set_config('statement_timeout', $2::text, true)",
    replace: '$2::text',
  },
  { name: 'batch role: only to write the ends', find: '  if (before !== role) await take(before);\n', replace: '' },
]);

const shared = mutantsOf(
  { file: 'src/store/deliveries/settle.sql.ts', within: 'OUTSIDE_LANE', tests: ['test/store/deliveries/settle.test.ts', ...statement] },
  [
    {
      name: 'lane: only a transaction with the mark',
      find: "current_setting('transaction_deferrable') = current_setting('default_transaction_deferrable')",
      replace: 'false',
    },
    {
      name: 'lane: no default is the mark',
      find: "= current_setting('default_transaction_deferrable')",
      replace: "= 'off'",
      tests: ['test/store/deliveries/settle.test.ts', 'test/worker/running/session-defaults.test.ts'],
    },
    { name: 'lane: the mark is asked for in lanes only', find: '$4::text::boolean and ', replace: '$4::text is not null and ' },
  ],
);

const store = mutantsOf({ file: 'src/store/deliveries/batch.ts', tests: statement }, [
  { name: 'batch: is held in the order of ids', find: 'const sorted = [...claims].sort(byId);', replace: 'const sorted = claims;' },
  { name: 'batch: nothing outside of its transaction', find: "  if (row!.outside) return 'outside';\n", replace: '' },
  { name: 'batch: completes all that should be completed', find: 'recorded.size < completed.length || ', replace: '' },
  { name: 'batch: every failure is recorded', find: ' || noted.size < failed.length', replace: '' },
]);

const executor = mutantsOf({ file: 'src/worker/running/batch.ts', tests: running }, [
  { name: 'batch: reclaimed deliveries are omitted', find: '    this.#batch.keep(held.ids);\n', replace: '' },
  { name: 'batch: the receiver is not called without deliveries', find: "held.ids.size > 0 ? 'held' : 'stale'", replace: "'held'" },
  {
    name: 'batch: the receiver gets only locked deliveries',
    find: "if (held === 'outside') return held;",
    replace: "if (held === 'outside') return 'held';",
    equivalent: 'No id is held, so that all of the batch would be reported as stale; test/drivers/lane.test.ts has the way to it.',
  },
  {
    name: 'batch: the ends are in no savepoint',
    find: 'scope.beside(() => driver.run(scope.client)(statement, params))',
    replace: 'driver.run(scope.client)(statement, params)',
    equivalent: 'The line below waits for savepoints too. Two statements go out, and one may open in between.',
  },
  {
    name: 'batch: savepoints end before the batch',
    find: '    await scope.beside(async () => this.close());\n',
    replace: '    this.close();\n',
    equivalent: 'Each end waits as well; this is for an item that fails in such a savepoint.',
  },
  {
    name: 'batch: no savepoint is open at its end',
    find: 'scope.beside(() => driver.run(scope.client)(statement, params));\n    await scope.beside(async () => this.close());',
    replace: 'driver.run(scope.client)(statement, params);\n    this.close();',
  },
  { name: 'batch: an unnoticed query failure is reported as such', find: 'if (scope.failure === undefined) await', replace: 'await' },
  { name: 'batch: a failed call fails no delivery', find: 'batch.members.length > 1 && hasFailed(execution)', replace: 'false' },
  {
    name: 'batch: a delivery that fails alone has failed',
    find: 'batch.members.length > 1 && hasFailed(execution)',
    replace: 'batch.members.length > 3 && hasFailed(execution)',
  },
  { name: 'batch: an interrupted batch does not run singly', find: "execution.outcome.kind === 'threw'", replace: 'true' },
  {
    name: 'batch: each failure belongs to its delivery',
    find: 'if (!failure) return execution;',
    replace: 'if (!failure || failure) return execution;',
  },
  {
    name: 'batch: it has a timeout without a transaction',
    file: 'src/worker/running/perform.ts',
    find: 'await deadline.race(returned);',
    replace: 'await returned;',
    hangs: 'The receiver waits for its abort signal alone, and nothing else ends its call.',
  },
  {
    name: 'batch: an unreadable payload fails alone',
    file: 'src/worker/running/decode.ts',
    find: '    member.execution = outcomeOf(error);\n',
    replace: '    throw error;\n',
  },
]);

const transaction = mutantsOf({ file: 'src/worker/running/receiver-transaction.ts', tests: running }, [
  { name: 'batch: its ends are not the doing of the receiver', find: "            phase = 'end';\n", replace: '' },
]);

const items = mutantsOf({ file: 'src/worker/running/batch-items.ts', tests: running }, [
  { name: 'batch: a failed item does not complete', find: '.filter(({ id }) => !this.#failures.has(id))', replace: '' },
  { name: 'batch: the first word counts', find: 'else if (!this.#failures.has(delivery.id)) ', replace: 'else ' },
  { name: 'batch: a late call is reported', find: 'if (this.#isOver) ', replace: 'if (this.#isOver && delivery.alone) ' },
]);

const groups = mutantsOf({ file: 'src/worker/claiming/batching.ts', tests: grouping }, [
  { name: 'groups: no more than the receiver takes', find: ' && group.length < most', replace: '' },
  { name: 'groups: of a list no more than the receiver takes', find: 'group && group.length < (receiver.batch ?? 1)', replace: 'group' },
  { name: 'groups: a suspect is joined by none', find: 'first.delivery.isSuspect ? 1 : ', replace: '' },
  { name: 'groups: a suspect joins none', find: '!other.delivery.isSuspect && ', replace: '' },
  { name: 'groups: in a list, a suspect is alone', find: 'delivery.isSuspect ? undefined : ', replace: '' },
  { name: 'groups: of one receiver', find: 'receiverOf(other.delivery) === receiver && ', replace: '' },
  { name: 'groups: of one kind', find: ' && isSame(first, other)', replace: '' },
]);

const forming = [
  ...mutantsOf({ file: 'src/worker/claiming/prefetch.ts', tests: grouping }, [
    { name: 'prefetch: a batch at least', find: 'Math.max(this.#least(), ', replace: 'Math.max(0, ' },
  ]),
  ...mutantsOf({ file: 'src/worker/claiming/service-order.ts', tests: grouping }, [
    { name: 'claim: the share of a receiver has a whole batch', find: 'Math.max(share, batch)', replace: 'share' },
    {
      name: 'claim: a backlog gets the slots that the others leave',
      find: 'give(last, last.length)',
      replace: 'give(last, equals.length)',
      tests: ['test/worker/claiming/service-order.test.ts'],
    },
    {
      name: 'claim: a receiver without room still has more',
      find: ' || (claimed.length >= free && before.has(receiverId))',
      replace: '',
      tests: ['test/worker/claiming/service-order.test.ts'],
    },
  ]),
  ...mutantsOf({ file: 'src/worker/drain.ts', tests: grouping }, [
    { name: 'drain: claims a whole batch', find: 'Math.max(free, claims.largestBatch)', replace: 'free' },
    { name: 'drain: no more calls at once than it may', find: 'Math.min(free, groups.length)', replace: 'groups.length' },
  ]),
  ...mutantsOf({ file: 'src/dispatch/local.ts', tests: grouping }, [
    { name: 'emit: a failed item fails the emit', find: '  if (failures.length > 0) throw failures[0];\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/worker/claiming/slots.ts', tests: ['test/worker/claiming/slots-batch.test.ts'] }, [
    {
      name: 'slots: deliveries that a batch skips are not lost',
      find: '    for (const [index, waiting] of passed.entries()) this.#waiting[this.#first + index] = waiting;\n',
      replace: '',
    },
    { name: 'slots: a batch is one call and many writes', find: 'this.#called += deliveries.length', replace: 'this.#called += 1' },
  ]),
];

const registry = mutantsOf({ file: 'src/receivers/register.ts', tests: ['test/receivers/batch.test.ts'] }, [
  { name: 'batch: two at least', find: 'batch: whole(2, 1000)', replace: 'batch: whole(1, 1000)' },
  { name: 'batch: not beyond reason', find: 'batch: whole(2, 1000)', replace: 'batch: whole(2, 10000)' },
  {
    name: 'batch: a whole number',
    find: 'batch: whole(2, 1000)',
    replace: "batch: { wants: '', accepts: (value) => !(Number(value) < 2 || Number(value) > 1000) }",
  },
]);

export const batchMutants: readonly Mutant[] = [
  ...roles,
  ...holdBatch,
  ...shared,
  ...store,
  ...executor,
  ...transaction,
  ...items,
  ...groups,
  ...forming,
  ...registry,
];
