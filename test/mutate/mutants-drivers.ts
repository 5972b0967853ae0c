// Mutants of the drivers: what keeps our own statements apart from the settings of an application's client and of its server.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/drivers/hostile-clients.test.ts'];

const own = mutantsOf({ file: 'src/drivers/postgres-js.ts', tests, named: 'postgres.js' }, [
  {
    name: 'own rows: neither parsed nor transformed by postgres.js',
    find: '{ prepare }).raw()',
    replace: '{ prepare }).values() as never',
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

const defaults = mutantsOf({ file: 'src/worker/receiver-transaction.ts', tests: ['test/worker/session-defaults.test.ts'] }, [
  {
    name: 'lane: what finds no mark is begun without a lane',
    find: 'inTransaction(parts, { ...work, lane: undefined })',
    replace: 'interrupted(0)',
  },
]);

export const driverMutants: readonly Mutant[] = [...own, ...ownOfPg, ...ownOfPglite, ...defaults];
