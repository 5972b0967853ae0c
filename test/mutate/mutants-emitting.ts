// Mutants of the statements that announce receivers, store emissions and check the tables, and of the tables' keys.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/emissions/emissions.sql.ts';

const append = mutantsOf({ file, within: 'appending', tests: ['test/store/emissions/append.test.ts'] }, [
  { name: 'append: receivers of this signal', within: 'DUE_AND_TARGETS', find: 'where r.signal = $1::text and ', replace: 'where ' },
  {
    name: 'append: own receivers',
    within: 'DUE_AND_TARGETS',
    find: 'from pg_catalog.unnest($8::text::int[]) as own(id)',
    replace: 'from (select u.id from pg_catalog.unnest($8::text::int[]) as u(id) where false) own(id)',
  },
  { name: 'append: each receiver once', within: 'DUE_AND_TARGETS', find: '  union\n', replace: '  union all\n' },
  {
    name: 'append: one delivery for all names of a receiver',
    within: 'DUE_AND_TARGETS',
    find: "select ${rootId('r')} as id from",
    replace: 'select r.id from',
  },
  {
    name: 'append: own receivers by their roots of today',
    within: 'DUE_AND_TARGETS',
    find: 'coalesce(r.root_id, own.id) as root',
    replace: 'own.id as root',
  },
  {
    name: 'append: own receivers that the snapshot does not see',
    within: 'DUE_AND_TARGETS',
    find: '  left join signalbox.receiver r on r.id = own.id',
    replace: '  join signalbox.receiver r on r.id = own.id',
  },
  { name: 'append: only to live receivers', within: 'DUE_AND_TARGETS', find: " and ${isLive('r')}", replace: '' },
  { name: 'append: tells of own receivers with another id', find: 'own.root <> own.id', replace: 'false' },
  { name: 'append: delay', within: 'DUE_AND_TARGETS', find: " + ${ms('$6')}", replace: " + 0 * ${ms('$6')}" },
  {
    name: 'append: head start',
    within: 'DUE_AND_TARGETS',
    find: ' - $7::float8 * ${HEAD_START}',
    replace: ' - 0 * $7::int * ${HEAD_START}',
  },
  { name: 'append: time', within: 'DUE_AND_TARGETS', find: 'case when $5::text is not null then', replace: 'case when false then' },
  {
    name: 'append: no notification before the time',
    tests: ['test/store/workers/sleeping-flag.test.ts'],
    find: 'due.run_at <= statement_timestamp() and ',
    replace: '',
  },
  {
    name: 'append: no notification without a receiver',
    tests: ['test/store/workers/sleeping-flag.test.ts'],
    find: ' and exists (select from target)',
    replace: '',
  },
  { name: "append: JSON's null", find: "coalesce(i.payload, 'null')", replace: 'i.payload' },
  { name: 'append: version of the payload', find: 'select i.id, t.id, $2::int,', replace: 'select i.id, t.id, 1,' },
]);

const check = mutantsOf(
  { file: 'src/store/schema/schema-check.sql.ts', within: 'presentColumns', tests: ['test/store/schema/schema.test.ts'] },
  [
    {
      name: 'check: columns of its own schema',
      tests: ['test/store/schema/check.test.ts'],
      find: 'where n.nspname = $1::text',
      replace: 'where $1::text is not null',
    },
    {
      name: 'check: tables, and nothing else of their name',
      tests: ['test/store/schema/check.test.ts'],
      find: " and c.relkind in ('r', 'p')",
      replace: '',
    },
    {
      name: 'check: columns that were dropped',
      find: ' and not a.attisdropped',
      replace: '',
      equivalent: 'PostgreSQL gives a dropped column a name that no table of ours has.',
    },
  ],
);

const migration = mutantsOf({ file: 'examples/shop/migrations/0000_init.sql', tests: ['test/store/schema/schema.test.ts'] }, [
  {
    name: 'tables: one live delivery for each emission and receiver',
    find: '\tCONSTRAINT "delivery_emission_receiver" UNIQUE("emission_id","receiver_id"),\n',
    replace: '',
  },
  {
    name: 'tables: one settled delivery for each emission and receiver',
    find: '\tCONSTRAINT "settled_emission_receiver" PRIMARY KEY("emission_id","receiver_id"),\n',
    replace: '',
  },
]);

const payloads = mutantsOf({ file: 'src/core/envelope.ts', tests: ['test/core/thenable.test.ts'] }, [
  {
    name: 'payload: nothing that await adopts',
    find: 'const thenable = findThenable(payload);',
    replace: 'const thenable = undefined as string | undefined;',
  },
  { name: 'payload: a written value is not awaited', find: 'return { stored: data };', replace: 'return { stored: await data };' },
  { name: 'payload: a read value is no thenable', find: 'return refuseThenable(data);', replace: 'return data;' },
  {
    name: 'payload: the result of an upcast is no thenable',
    find: 'await current : refuseThenable(current)',
    replace: 'await current : await current',
  },
]);

const capture = mutantsOf({ file: 'src/dispatch/capture.ts', tests: ['test/testing/captured.test.ts'] }, [
  { name: 'captured: not an emission that was rolled back', find: 'block.filter(({ scope }) => !isUndone(scope))', replace: 'block' },
  {
    name: 'captured: not an emission inside a savepoint that was rolled back',
    find: '(scope.isUndone || isUndone(scope.parent))',
    replace: 'scope.isUndone',
  },
  { name: 'captured: by its block', find: 'block === current.getStore() || ', replace: '' },
  { name: 'captured: by its cause', find: ' || block.some(({ emissionId }) => findCall(isOf(emissionId)))', replace: '' },
  { name: 'captured: refuses where nothing is recorded', find: 'boxes === 0', replace: 'boxes < 0' },
  {
    name: 'captured: a failed COMMIT is undone',
    file: 'src/transaction/transactions.ts',
    find: '      scope.isUndone = true;\n',
    replace: '',
  },
  { name: 'captured: a failed callback is undone', file: 'src/transaction/scope.ts', find: '    this.isUndone = true;\n', replace: '' },
  {
    name: 'captured: nothing is stored in its place',
    file: 'src/dispatch/reliable.ts',
    find: "if (this.#mode?.now === 'capture')",
    replace: "if (this.#mode?.now === ('neither' as string))",
  },
  {
    name: 'captured: announces no receivers',
    file: 'src/signalbox.ts',
    find: "mode?.now === 'capture' ? Promise.resolve() : ",
    replace: '',
  },
]);

export const emittingMutants: readonly Mutant[] = [...append, ...check, ...migration, ...payloads, ...capture];
