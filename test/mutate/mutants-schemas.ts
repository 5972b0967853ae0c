// Mutants of the separation of applications that share a database: the schema's name in statements, locks, channel and
// sessions.
import { type Mutant, mutantsOf } from './mutant.ts';

const unit = ['test/store/namespace.test.ts'];
const beside = ['test/store/schemas.test.ts'];

const names = mutantsOf({ file: 'src/store/namespace.ts', tests: unit }, [
  { name: 'schema: its tables', find: '`${quotedSchema(schema)}.`]', replace: '`${DEFAULT_SCHEMA}.`]' },
  { name: 'schema: a name that is a word of SQL', find: 'schema === DEFAULT_SCHEMA ? schema : `"${schema}"`', replace: 'schema' },
  { name: 'schema: its locks of workers', find: 'String(locks)]', replace: 'String(WORKER_LOCKS)]' },
  { name: 'schema: its locks of the sleeping flag', find: 'String(locks + 1)]', replace: 'String(SLEEPING_LOCKS)]' },
  { name: 'schema: its locks of the two kinds', find: 'String(locks + 1)]', replace: 'String(locks)]' },
  { name: 'schema: its channel', find: '`${CHANNEL}_${suffix}`', replace: 'CHANNEL' },
  { name: 'schema: its sessions', find: "`'${label} worker '`]", replace: "`'${DEFAULT_SCHEMA} worker '`]" },
  {
    name: 'schema: the name of a session is not cut off',
    find: 'schema.length <= LONGEST_LABEL ? schema :',
    replace: 'schema.length <= 63 ? schema :',
  },
  { name: 'schema: long names that begin alike', find: '~${suffix}`', replace: '~`' },
  { name: 'schema: a statement is rewritten once', find: '      this.#rewritten.set(statement, rewritten);\n', replace: '' },
]);

const runs = [
  ...mutantsOf({ file: 'src/store/namespace.ts', tests: beside }, [
    {
      name: 'schema: an append notifies its own workers',
      find: 'return await run(this.of(statement), params);',
      replace: 'return await run(statement, params);',
    },
  ]),
  ...mutantsOf({ file: 'src/store/workers/workers.ts', tests: beside }, [
    { name: 'schema: a session locks in it', find: 'this.#namespace.on(run)(sql.lockWorker', replace: 'run(sql.lockWorker' },
    {
      name: 'schema: a session sets its flag in it',
      find: 'this.#namespace.on(run)(sleeping.markSleeping',
      replace: 'run(sleeping.markSleeping',
    },
    { name: 'schema: a session renews in it', find: 'this.#namespace.on(repeated(lock.run))', replace: 'repeated(lock.run)' },
  ]),
  ...mutantsOf({ file: 'src/store/operations/operations.ts', tests: beside }, [
    {
      name: 'schema: a retry notifies on its channel',
      find: 'generations, this.#namespace.channel]',
      replace: "generations, 'signalbox_ready']",
    },
  ]),
];

const rule = mutantsOf({ file: 'src/core/rules.ts', tests: unit }, [
  { name: 'schema: a plain identifier', find: '/^[a-z_][a-z0-9_]{0,62}$/.test(value)', replace: '/^[^"]{1,63}$/.test(value)' },
  { name: 'schema: none that PostgreSQL cuts off', find: '{0,62}$/.test(value)', replace: '{0,63}$/.test(value)' },
  { name: "schema: none of the system's", find: "    !value.startsWith('pg_') &&\n", replace: '' },
  { name: 'schema: none that drizzle-kit cannot make', find: "    value !== 'public' &&\n", replace: '' },
]);

export const schemasMutants: readonly Mutant[] = [...names, ...runs, ...rule];
