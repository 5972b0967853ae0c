// Mutants of what looks at the database as a whole: the version of the tables, sequences, the examination.
import { type Mutant, mutantsOf } from './mutant.ts';

const sequences = ['test/store/sequences/sequences.test.ts'];

const examination = ['test/operate/doctor/doctor.test.ts'];
const judgements = ['test/operate/doctor/judgements.test.ts'];

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
  ...mutantsOf({ file: 'src/store/namespace.ts', tests: sequences, named: 'id is taken' }, [
    { name: 'sequences: an emit says so', find: 'takenId(this.schema, error) ?? error', replace: 'error' },
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
  ...mutantsOf({ file: 'src/store/doctor/catalog.sql.ts', tests: examination }, [
    { name: 'doctor: what takes no null', within: 'catalogColumns', find: 'a.attnotnull as not_null', replace: 'false as not_null' },
    { name: 'doctor: foreign keys of others', within: 'catalogConstraints', find: "'u', 'f', 'x'", replace: "'u', 'x'" },
    {
      name: 'doctor: an invalid index',
      within: 'catalogIndexes',
      find: 'i.indisvalid and i.indisready as valid',
      replace: 'true as valid',
    },
    { name: 'doctor: a table without settings', within: 'storageSettings', find: " union all select ''", replace: '' },
    {
      name: 'doctor: an empty default partition is fine',
      within: 'tableSizes',
      find: '> 0::int8 as in_default',
      replace: '>= 0::int8 as in_default',
    },
  ]),
  ...mutantsOf({ file: 'src/store/doctor/server.sql.ts', tests: examination }, [
    {
      name: 'doctor: transactions that are read-only',
      within: 'serverState',
      find: "current_setting('transaction_read_only') = 'on' as",
      replace: 'false as',
    },
    {
      name: 'doctor: slots that nobody reads',
      within: 'snapshotHolders',
      find: 'where not s.active or s.xmin is not null',
      replace: 'where s.xmin is not null',
    },
  ]),
  ...mutantsOf({ file: 'src/store/doctor/waiting.sql.ts', tests: examination }, [
    { name: 'doctor: what is not due', within: 'overdue', find: ' and d.run_at <= statement_timestamp()', replace: '' },
    { name: 'doctor: cancelled is not dead', within: 'deadDeliveries', find: "\nwhere u.state = 'dead'`", replace: '`' },
    {
      name: 'doctor: a worker whose lease is over',
      within: 'workersAlive',
      find: ' and w.lease_until > statement_timestamp()',
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/operate/doctor/doctor.ts', tests: examination }, [
    { name: 'doctor: without tables no rows are examined', find: '  if (!hasTables) return findings;\n', replace: '' },
    {
      name: 'doctor: what cannot be read hides nothing else',
      find: '    } catch (error) {\n      return [\n',
      replace: '    } catch (error) {\n      if (error) throw error;\n      return [\n',
    },
    { name: 'doctor: former names are ours', find: '[name, ...formerly].map(', replace: '[name].map(' },
  ]),
  ...mutantsOf({ file: 'src/operate/doctor/schema.ts', tests: examination }, [
    { name: 'doctor: newer tables may differ', find: 'return isNewer ? findings', replace: 'return false ? findings' },
    { name: 'doctor: the version is judged by itself', find: " && name !== 'schema_version'", replace: '' },
    { name: 'doctor: a column that refuses our rows', find: 'notNull && !identity && value === undefined', replace: 'false' },
  ]),
  ...mutantsOf({ file: 'src/operate/doctor/deliveries.ts', tests: examination }, [
    {
      name: 'doctor: paused deliveries wait on purpose',
      find: 'each.seconds > seconds && !each.paused',
      replace: 'each.seconds > seconds',
    },
    { name: 'doctor: our own receivers are no orphans', find: '.filter(({ root }) => !facts.own.has(root))', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/operate/doctor/server.ts', tests: judgements }, [
    { name: 'doctor: a slow network is no wrong clock', find: 'Math.abs(ahead.ms) - ahead.give', replace: 'Math.abs(ahead.ms)' },
    { name: 'doctor: a pool for no worker', find: 'pool < LEAST_POOL && hasReceivers', replace: 'false' },
    { name: 'doctor: pools that want more than there are', find: 'return wanted > most', replace: 'return false' },
  ]),
  ...mutantsOf({ file: 'src/operate/doctor/vacuum.ts', tests: judgements }, [
    { name: 'doctor: dead rows beside many live ones', find: 'dead > MOST_DEAD_ROWS && dead > live', replace: 'dead > MOST_DEAD_ROWS' },
    { name: 'doctor: large tables that are pruned', find: 'total < LARGE_BYTES || retains', replace: 'total < LARGE_BYTES' },
  ]),
  ...mutantsOf({ file: 'src/store/schema/grants.ts', tests: ['test/store/schema/grants.test.ts'] }, [
    { name: 'grants: names are quoted', find: '`"${name.replaceAll(\'"\', \'""\')}"`', replace: "`\"${name.replaceAll('\"', '')}\"`" },
    {
      name: 'grants: an emitter adds emissions',
      find: "['select, insert', ['emission', 'delivery']]",
      replace: "['select, insert', ['delivery']]",
    },
    {
      name: 'grants: a viewer changes nothing',
      find: "    tables: [['select', ALL]],",
      replace: "    tables: [['select, insert, update, delete', ALL]],",
    },
  ]),
  ...mutantsOf({ file: 'src/store/doctor/stored-rows.sql.ts', tests: ['test/operate/stored-rows.test.ts'] }, [
    { name: 'check: cancelled deliveries do not run again', within: 'storedRows', find: " where u.state = 'dead'", replace: '' },
  ]),
  ...mutantsOf({ file: 'src/core/manifest.ts', tests: ['test/core/manifest.test.ts'] }, [
    {
      name: 'check: a receiver that has the former name',
      find: 'flatMap(([name, formerly]) => [name, ...formerly]));\n    const heirs',
      replace: 'flatMap(([name]) => [name]));\n    const heirs',
    },
    { name: 'check: an upcast reads older payloads', find: 'else if (!present.upcasts)', replace: 'else' },
    { name: 'check: what the manifest lacks could not be missed', find: 'if (added.length > 0)', replace: 'if (false)' },
  ]),
];
