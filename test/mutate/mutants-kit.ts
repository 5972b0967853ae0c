// Mutants of the testing kit: databases, leaks, modes, assertions, crashes.
import { type Mutant, mutantsOf } from './mutant.ts';

const database = ['test/testing/database.test.ts'];
const leaks = ['test/support/leaks.test.ts'];

const template = mutantsOf({ file: 'src/testing/database/template.ts', tests: database }, [
  { name: 'template: only once', find: 'if (await useDatabaseOn(serverUrl, name)) return;', replace: '' },
  {
    name: 'template: nothing is left of one that failed',
    find: '    await dropDatabaseOn(serverUrl, own);\n    throw error;',
    replace: '    throw error;',
  },
  {
    name: 'template: nothing is left of the one that came second',
    find: '  }\n  await dropDatabaseOn(serverUrl, own);\n',
    replace: '  }\n',
  },
  { name: 'template: it is sealed', find: 'await sealDatabaseOn(serverUrl, own);', replace: '' },
  { name: 'template: its name has the content', find: '.update(await readFile(path.join(folder, file)))', replace: '' },
]);

const creating = mutantsOf({ file: 'src/testing/database/create-test-database.ts', tests: database }, [
  {
    name: 'test database: a dropped template is made again',
    find: 'if (sqlState(error) !== UNKNOWN_DATABASE) throw error;',
    replace: 'throw error;',
  },
]);

const databases = mutantsOf({ file: 'src/testing/database/databases.ts', tests: database }, [
  { name: 'databases: the second name is no error', find: 'if (sqlState(error) === DUPLICATE_DATABASE) return false;', replace: '' },
]);

const sweeping = [
  ...mutantsOf({ file: 'src/testing/database/databases.ts', tests: database }, [
    { name: 'sweep: a use is written down', find: 'if (isNoteOld(found))', replace: 'if (!found)' },
  ]),
  ...mutantsOf({ file: 'src/testing/database/names.ts', tests: database }, [
    { name: 'sweep: templates alone', find: 'TEMPLATE.test(name) && ', replace: '' },
    { name: 'sweep: not without a note', find: 'used !== undefined && now - used', replace: 'now - (used ?? 0)' },
  ]),
];

const statements = mutantsOf({ file: 'src/store/testing/databases.sql.ts', tests: database }, [
  {
    name: 'sweep: with their comments',
    within: 'databaseNotes',
    find: "pg_catalog.shobj_description(oid, 'pg_database') as note",
    replace: 'null::text as note',
  },
  { name: 'databases: with their names', find: 'datname::text as name', replace: "'' as name", within: 'databaseNames' },
]);

const opening = mutantsOf({ file: 'src/testing/database/open-database.ts', tests: database }, [
  {
    name: 'test database: boxes before clients',
    find: 'if (client) this.adopt(client);\n    else this.#others.push(opened);',
    replace: 'if (client) this.#others.push({ close: () => client.end() });\n    else this.#others.push(opened);',
  },
  { name: 'test database: the last one is closed first', find: 'this.#others.toReversed()', replace: 'this.#others' },
  { name: 'test database: one failure stops nothing', find: '        failures.push(error);', replace: '        throw error;' },
  { name: 'test database: closed once', find: 'return (this.#closing ??= this.#close());', replace: 'return this.#close();' },
  { name: 'test database: rows in its schema', find: 'this.#leftOpen(this.#namespace.on(run))));', replace: 'this.#leftOpen(run)));' },
]);

const left = mutantsOf({ file: 'src/store/testing/leaks.sql.ts', tests: leaks }, [
  { name: 'leaks: transactions', within: 'leftSessionWork', find: "state <> 'idle'", replace: 'false' },
  { name: 'leaks: listeners', within: 'leftSessionWork', find: "query ~* '^\\\\s*listen\\\\M'", replace: 'false' },
  { name: 'leaks: locks', within: 'leftSessionWork', find: "locktype = 'advisory'", replace: 'false' },
  { name: 'leaks: workers', within: 'leftRows', find: 'lost_at is null', replace: 'false' },
  { name: 'leaks: deliveries', within: 'leftRows', find: "state = 'running'", replace: 'false' },
  { name: 'leaks: sessions', within: 'leftSessions', find: "backend_type = 'client backend'", replace: 'false' },
]);

const modes = ['test/testing/with-mode.test.ts'];

const mode = [
  ...mutantsOf({ file: 'src/dispatch/testing-mode.ts', tests: modes }, [
    { name: 'mode: that of the block', find: 'storage().getStore() ?? this.#own', replace: 'this.#own' },
  ]),
  ...mutantsOf({ file: 'src/box/temporary-workers.ts', tests: modes }, [
    { name: 'mode: immediate only there', find: "mode.now === 'immediate' ? ", replace: 'true ? ' },
    {
      name: 'mode: handed on to receivers that run at once',
      find: "inMode('immediate', () => withTemporaryWorker(work))",
      replace: 'withTemporaryWorker(work)',
    },
  ]),
  ...mutantsOf({ file: 'src/box/drain.ts', tests: modes }, [
    { name: 'mode: handed on to receivers of a drain', find: 'now ? () => inMode(now, run) : run', replace: 'run' },
    { name: 'drain: not of a receiver that is none', find: 'if (names.includes(name)) return;', replace: 'return;' },
  ]),
  ...mutantsOf({ file: 'src/worker/drain.ts', tests: modes }, [
    { name: 'drain: its limit', find: 'if (left <= 0) return count.result;', replace: '' },
    { name: 'drain: no more in a claim than its limit', find: 'Math.min(left, most(worker, free))', replace: 'most(worker, free)' },
  ]),
  ...mutantsOf({ file: 'src/worker/claiming/claims.ts', tests: modes }, [
    { name: 'drain: one receiver', find: ' && (only ?? name) === name', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/dispatch/capture.ts', tests: modes }, [
    { name: 'mode: not where no box has one', find: 'if (blocks().boxes === 0)', replace: 'if (blocks().boxes < 0)' },
  ]),
];

const rows = 'src/store/testing/rows.sql.ts';
const corpus = ['test/testing/corpus'];

const assertions = [
  ...mutantsOf({ file: rows, tests: ['test/testing/matchers.test.ts'] }, [
    {
      name: 'seen: finished ones as well',
      within: 'seenDeliveries',
      find: 'from signalbox.settled',
      replace: 'from signalbox.settled where false',
    },
    {
      name: 'seen: live ones as well',
      within: 'seenDeliveries',
      find: 'from signalbox.delivery\n',
      replace: 'from signalbox.delivery where false\n',
    },
    { name: 'seen: the last error', within: 'seenDeliveries', find: 'x.delivery_id = d.id', replace: 'false' },
  ]),
  ...mutantsOf({ file: rows, tests: ['test/testing/deliver.test.ts'] }, [
    { name: 'deliver: its attempt', within: 'storeDelivery', find: ', $7::int)', replace: ', 0 * $7::int)' },
  ]),
  ...mutantsOf({ file: 'src/testing/assert-deliveries.ts', tests: ['test/testing/matchers.test.ts'] }, [
    { name: 'matchers: only in that state', find: 'delivery.state === state && ', replace: '' },
    { name: 'matchers: only of the block', find: 'if (!of) return all;', replace: 'return all;' },
    {
      name: 'matchers: only like that',
      find: ' && isLike(await payloadOf(delivery, receiverOf(delivery, found)!), expected)',
      replace: '',
    },
    { name: 'matchers: what is left', find: "state === 'ready' || state === 'running'", replace: "state === 'running'" },
  ]),
  ...mutantsOf({ file: 'src/testing/deliver.ts', tests: ['test/testing/deliver.test.ts'] }, [
    { name: 'deliver: a failure throws', find: "options.onFailure !== 'collect' && ", replace: 'false && ' },
  ]),
];

const crashes = [
  ...mutantsOf({ file: 'src/testing/crashes/life.ts', tests: ['test/testing/crashes'] }, [
    {
      name: 'crashes: not before a statement',
      find: "if (this.#meets(number, 'before')) return this.#end();\n    const",
      replace: 'const',
    },
    { name: 'crashes: not after a COMMIT', find: "if (this.#meets(number, 'after')) return this.#end();", replace: '' },
    {
      name: 'crashes: a dead life sends nothing',
      find: '  async pass<T>(about: Sending, send: () => PromiseLike<T>): Promise<T> {\n    if (this.#hasEnded) return never();',
      replace: '  async pass<T>(about: Sending, send: () => PromiseLike<T>): Promise<T> {',
    },
  ]),
  ...mutantsOf({ file: 'src/testing/crashes/simulate.ts', tests: ['test/testing/crashes'] }, [
    {
      name: 'crashes: not what does not hold without one',
      find: 'if (clean.broken !== undefined)',
      replace: "if (clean.broken === 'never')",
    },
    { name: 'crashes: no point after a broken one', find: 'while (!stops)', replace: 'for (;;)' },
    { name: 'crashes: a caller that repeats', find: 'if (repeats && !hasReturned)', replace: 'if (repeats && hasReturned)' },
  ]),
  ...mutantsOf({ file: rows, tests: ['test/testing/crashes'] }, [
    { name: 'crashes: the dead are taken over', within: 'expireLeases', find: 'where lost_at is null', replace: 'where false' },
  ]),
  ...mutantsOf({ file: 'src/store/testing/leaks.sql.ts', tests: ['test/testing/crashes'], within: 'endSessions' }, [
    {
      name: 'crashes: the sessions of the dead end',
      find: 'pid <> pg_backend_pid()',
      replace: 'false',
      hangs: 'the rows that the dead transaction has locked are waited for',
    },
  ]),
];

const idempotent = [
  ...mutantsOf({ file: rows, tests: corpus, within: 'reopenDelivery' }, [
    { name: 'idempotent: it waits again', find: 'from ended returning 1', replace: 'from ended where false returning 1' },
    {
      name: 'idempotent: another takes it over',
      find: 'epoch = epoch + 1, attempt = 0, worker_id = null\n  where ',
      replace: 'epoch = epoch + 1, attempt = 0, worker_id = null\n  where false and ',
    },
  ]),
  ...mutantsOf({ file: 'src/store/testing/snapshot.sql.ts', tests: ['test/testing/idempotent.test.ts'] }, [
    { name: 'idempotent: not what varies', within: 'columnsOfTable', find: "a.attidentity <> ''", replace: 'false' },
    { name: 'idempotent: not what a default varies', within: 'columnsOfTable', find: '~* ', replace: '~* $1::text || ' },
    { name: 'idempotent: rows that others point at are put back', within: 'withoutTriggers', find: "'replica'", replace: "'origin'" },
  ]),
  ...mutantsOf({ file: 'src/store/testing/snapshot.ts', tests: ['test/testing/idempotent.test.ts'] }, [
    { name: 'idempotent: all is put back', find: 'await run(emptyTable(table), []);', replace: '' },
  ]),
];

export const kitMutants: readonly Mutant[] = [
  ...template,
  ...creating,
  ...databases,
  ...sweeping,
  ...statements,
  ...opening,
  ...left,
  ...mode,
  ...assertions,
  ...crashes,
  ...idempotent,
];
