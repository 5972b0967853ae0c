// Mutants of the testing kit: databases, leaks, modes, assertions, crashes.
import { type Mutant, mutantsOf } from './mutant.ts';

const database = ['test/testing/database.test.ts'];
const leaks = ['test/support/leaks.test.ts'];

const template = mutantsOf({ file: 'src/testing/database/template.ts', tests: database }, [
  { name: 'template: only once', find: 'if (await hasDatabase(serverUrl, name)) return;', replace: '' },
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

const statements = mutantsOf({ file: 'src/store/testing/databases.sql.ts', tests: database }, [
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

export const kitMutants: readonly Mutant[] = [...template, ...creating, ...databases, ...statements, ...opening, ...left, ...mode];
