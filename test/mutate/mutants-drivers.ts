// Mutants of the drivers, which separate our own statements from the settings of an application's client and of its
// server.
import { type Mutant, mutantsOf } from './mutant.ts';

const cells = mutantsOf({ file: 'src/drivers/postgres-js-rows.ts', tests: ['test/drivers/postgres-js-rows.test.ts'] }, [
  { name: 'cells: no transform of values', find: ' || transform?.value?.from', replace: '' },
  { name: 'cells: numbers', find: "    parsers[integer]?.('7') === 7 &&\n", replace: '' },
  { name: 'cells: booleans', find: "    parsers[bool]?.('t') === true &&\n    parsers[bool]('f') === false &&\n", replace: '' },
  { name: 'cells: text', find: 'parsers[type] === undefined', replace: 'type > 0' },
]);

const tests = ['test/drivers/hostile-clients.test.ts'];

const own = mutantsOf({ file: 'src/drivers/postgres-js.ts', tests, named: 'postgres.js' }, [
  {
    name: 'own rows: neither parsed nor transformed by postgres.js',
    find: 'asCells ? sent.values() : sent.raw()',
    replace: 'sent.values()',
  },
  { name: 'own parameters: not serialized by postgres.js', find: 'client.typed(param, UNKNOWN)', replace: 'param' },
  { name: 'own rows: no transform of rows', find: 'pool.options.transform?.row?.from', replace: 'false' },
]);

const ownOfPg = mutantsOf({ file: 'src/drivers/pg-rows.ts', tests, named: 'node-postgres' }, [
  { name: 'own rows: by position on node-postgres', find: "rowMode: 'array', types", replace: 'types' },
  { name: 'own rows: not parsed by node-postgres', find: "'array', types: { getTypeParser: () => asItIs } }", replace: "'array' }" },
  { name: 'own rows: nothing binary', find: "binary ? 'asks", replace: "false ? 'asks" },
  { name: 'own rows: no pg-native', find: "native ? 'is of", replace: "false ? 'is of" },
]);

const ownOfPglite = mutantsOf({ file: 'src/drivers/pglite.ts', tests, named: 'PGlite' }, [
  { name: 'own rows: by position on PGlite', find: "rowMode: 'array', ", replace: '' },
  { name: 'own rows: not parsed by PGlite', find: 'parsers: of((text: string) => text), ', replace: '' },
  { name: 'own parameters: not serialized by PGlite', find: ', serializers: of(String)', replace: '' },
]);

const defaults = mutantsOf(
  { file: 'src/worker/running/receiver-transaction.ts', tests: ['test/worker/running/session-defaults.test.ts'] },
  [
    {
      name: 'lane: a run that finds no mark begins without a lane',
      find: 'inTransaction(parts, call, { ...options, lane: undefined })',
      replace: 'interrupted(0)',
    },
  ],
);

const conflicts = mutantsOf({ file: 'src/store/own-run.ts', tests: ['test/store/own-run.test.ts'] }, [
  { name: 'own statements: repeated after a conflict only', find: ' || !isConflict(error)', replace: '' },
  { name: 'own statements: not repeated for ever', find: 'repeats === REPEATS || ', replace: '' },
  {
    name: 'own statements: those of the pool are repeated',
    find: 'repeated(driver.run())',
    replace: 'driver.run()',
    tests: ['test/worker/running/session-defaults.test.ts'],
  },
]);

const unreachable = mutantsOf({ file: 'src/store/unreachable.ts', tests: ['test/store/unreachable.test.ts'] }, [
  { name: 'unreachable: a server that accepts no writes', find: 'if (isNotPrimary(error)) throw noWrites(error);', replace: '' },
  { name: 'unreachable: a server that refuses the login', find: ' || refusesConnection(error)', replace: '' },
  { name: 'unreachable: an error of ours says more', find: 'if (isSignalboxError(error)) throw error;', replace: '' },
  {
    name: 'unreachable: an answer is a contact',
    find: 'isAnswer(error) || ',
    replace: '',
    equivalent: 'What the server answers has a code.',
  },
]);

const stale = [
  ...mutantsOf({ file: 'src/drivers/postgres-js.ts', tests: ['test/worker/running/session-defaults.test.ts'], named: 'drops a session' }, [
    {
      name: 'postgres.js: a session that accepts no writes is dropped',
      find: 'if (isNotPrimary(error) && !end()) await endNext(client);',
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/drivers/pg-checkout.ts', tests: ['test/worker/running/session-defaults.test.ts'], named: 'drops a session' }, [
    { name: 'node-postgres: a session that accepts no writes is dropped', find: ' || isNotPrimary(error)', replace: '' },
  ]),
];

const replicas = [
  ...mutantsOf({ file: 'src/transaction/transactions.ts', tests: ['test/transaction/replicas.test.ts'] }, [
    {
      name: 'replicas: transactions are opened on the primary',
      find: 'on ? handleOn(primary, on) : primary',
      replace: 'on ? handleOn(db, on) : db',
      equivalent: "The method is the primary's, and uses of its object only the session, which both share.",
    },
    { name: 'replicas: those of the primary itself are tracked', find: 'new Set([db, primary])', replace: 'new Set([db])' },
    {
      name: 'replicas: the original method is restored',
      find: "        if (before) Object.defineProperty(handle, 'transaction', before);\n",
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/transaction/ambient-db.ts', tests: ['test/transaction/replicas.test.ts'] }, [
    { name: 'replicas: the ambient database is the primary', find: 'primaryOf(database)', replace: 'database' },
  ]),
];

const exact = ['test/store/search-path.test.ts'];
const names = [
  ...mutantsOf({ file: 'src/store/times.ts', tests: exact }, [
    { name: 'exact: times are multiplied by their own type', find: '1000000::float8', replace: '1000000' },
  ]),
  ...mutantsOf({ file: 'src/store/emissions/emissions.sql.ts', tests: exact }, [
    { name: 'exact: a head start is multiplied by its own type', find: '$7::float8 * ${HEAD_START}', replace: '$7::int * ${HEAD_START}' },
    { name: 'exact: unnest is the one of pg_catalog', find: 'pg_catalog.unnest(', replace: 'unnest(' },
  ]),
];

export const driverMutants: readonly Mutant[] = [
  ...cells,
  ...own,
  ...ownOfPg,
  ...ownOfPglite,
  ...defaults,
  ...conflicts,
  ...unreachable,
  ...stale,
  ...replicas,
  ...names,
];
