// Mutants of what looks at the database as a whole: the version of the tables, sequences, the examination.
import { type Mutant, mutantsOf } from './mutant.ts';

const sequences = ['test/store/sequences/sequences.test.ts'];

export const doctorMutants: readonly Mutant[] = [
  ...mutantsOf({ file: 'src/store/schema/schema-check.ts', tests: ['test/store/schema/schema.test.ts'], named: 'older code works' }, [
    { name: 'schema version: newer tables are fine', find: 'version >= SCHEMA_VERSION', replace: 'version === SCHEMA_VERSION' },
    {
      name: 'schema version: older tables are refused',
      find: '(version !== undefined && version >= SCHEMA_VERSION)',
      replace: 'version !== undefined',
    },
    {
      name: 'schema version: none is no version',
      find: 'version !== undefined && version >=',
      replace: 'version === undefined || version >=',
    },
  ]),
  ...mutantsOf({ file: 'src/store/sequences/sequences.sql.ts', tests: sequences }, [
    ...['lockDelivery', 'lockReceiver', 'lockDeliveryError', 'lockAuditEntry'].map((within) => ({
      name: `sequences: the repair keeps inserts out, ${within}`,
      within,
      find: 'share row exclusive mode',
      replace: 'access share mode',
    })),
    {
      name: 'sequences: one that is not behind is not set',
      within: 'advance',
      find: 'from was where was.next <= $1::text::int8',
      replace: 'from was where $1::text is not null',
    },
    {
      name: 'sequences: a wait for a lock ends',
      within: 'boundLockWaits',
      find: "set_config('lock_timeout', $1::text, true)",
      replace: '$1::text',
      hangs: 'a wait without end',
    },
    {
      name: 'sequences: what settled has is repaired for',
      within: 'highestIds',
      find: '(select max(s.id) from signalbox.settled s), ',
      replace: '',
    },
    {
      name: 'sequences: the first value counts as given',
      within: 'nextValues',
      find: 'as "table", (s.last_value + s.is_called::int)',
      replace: 'as "table", (s.last_value)',
    },
    {
      name: 'sequences: ids that settled has',
      within: 'identities',
      find: 'select s.id from signalbox.settled s',
      replace: 'select null::int8 as id from signalbox.settled s',
    },
    {
      name: 'sequences: ids that errors have',
      within: 'identities',
      find: '    (select max(e.delivery_id) from signalbox.delivery_error e),\n',
      replace: '',
    },
    {
      name: 'sequences: no right is no reading',
      within: 'identities',
      find: "case when pg_catalog.has_sequence_privilege(k.sequence, 'select') then",
      replace: 'case when true then',
      equivalent: 'PostgreSQL 18 answers null; 15 to 17 refuse the whole statement',
    },
  ]),
  ...mutantsOf({ file: 'src/store/sequences/sequences.ts', tests: sequences }, [
    { name: 'sequences: one set by hand', find: '    .filter(({ next, highest }) => BigInt(next) <= BigInt(highest))\n', replace: '' },
    { name: 'sequences: a role that may not read them', find: 'readable && highest', replace: 'highest' },
  ]),
  ...mutantsOf({ file: 'src/store/schema/meta.sql.ts', tests: sequences }, [
    { name: 'meta: another process was first', within: 'identifyDatabase', find: ' on conflict (id) do nothing', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/store/schema/meta.ts', tests: sequences }, [
    { name: 'meta: where another was writing it, it is read again', find: 'if (row) return row.id;', replace: 'return row!.id;' },
  ]),
  ...mutantsOf({ file: 'src/store/store.ts', tests: sequences }, [
    {
      name: 'sequences: a worker does not start behind them',
      find: '    if (behind.length > 0) throw sequenceBehind(behind);\n',
      replace: '',
    },
  ]),
];
