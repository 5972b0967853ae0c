// Storage settings of the tables, which drizzle-kit cannot express: the user puts them into a migration of his own.
// Plain ALTER TABLE … SET, so running them again changes nothing. They take SHARE UPDATE EXCLUSIVE, for which neither
// readers nor writers wait, and rewrite no row: pages that are written from then on obey. The last one, about payloads, is another kind:
// it takes ACCESS EXCLUSIVE for a moment, so it runs only where it changes something, and comes last.
import { DEFAULT_SCHEMA } from '../../core/rules.ts';
import { quotedSchema } from '../namespace.ts';

interface Tuning {
  readonly table: string;
  readonly why: readonly string[];
  /** A setting, its value, and why it has that. */
  readonly settings: readonly (readonly [name: string, value: string | number, why: string])[];
}

export const NEVER_CHANGED: Tuning['settings'] = [
  ['autovacuum_vacuum_insert_scale_factor', 0, 'a share of a table that only grows would come ever more seldom'],
  ['autovacuum_vacuum_insert_threshold', 100_000, 'so: after this many new rows, and only their pages are read'],
  ['autovacuum_freeze_min_age', 0, 'frozen by that same visit, so that no later one has to read the whole table'],
  ['autovacuum_vacuum_scale_factor', 0.05, 'deleted rows: before they are a fifth of a large table, which is the default'],
];

const TUNINGS: readonly Tuning[] = [
  {
    table: 'delivery',
    why: ['Live deliveries: each row is inserted, claimed by an update, and deleted, so the table turns over all the time.'],
    settings: [
      [
        'fillfactor',
        50,
        'room in each page for the update of the claim, which then touches no index (HOT), also of a backlog that was written at once',
      ],
      ['autovacuum_vacuum_scale_factor', 0, 'the table is small when it is well and large when it is not: no share of it fits'],
      ['autovacuum_vacuum_threshold', 1_000, 'so: after this many dead rows, whatever its size; the claim walks over them until then'],
      ['autovacuum_vacuum_cost_limit', 2_000, 'ten times the default: the vacuum must not be slower than the emits'],
      ['vacuum_truncate', 'false', 'cutting off the empty end needs a lock that stops all claims; the pages are filled again anyway'],
    ],
  },
  { table: 'settled', why: ['Finished deliveries: inserted, hardly ever changed, deleted when they are old.'], settings: NEVER_CHANGED },
  { table: 'emission', why: ['Payloads: inserted, never changed. Their TOAST table follows these settings.'], settings: NEVER_CHANGED },
  {
    table: 'delivery_error',
    why: ['Failed runs: as above, but few, until something breaks and there are many.'],
    settings: NEVER_CHANGED.map(([name, value, why]) => [name, name === 'autovacuum_vacuum_insert_threshold' ? 10_000 : value, why]),
  },
  {
    table: 'worker',
    why: ['A handful of rows, each updated every few seconds, and read by every claim.'],
    settings: [
      ['fillfactor', 50, 'room for the next lease of each row in its own page (HOT), which cleans itself up'],
      ['autovacuum_vacuum_scale_factor', 0, 'a share of a handful is nothing'],
      ['autovacuum_vacuum_threshold', 1_000, 'so: not every minute for what the page has cleaned up by itself'],
      ['vacuum_truncate', 'false', 'as for deliveries: no lock that stops all claims'],
    ],
  },
];

/** SQL text for a custom migration: statements with comments, apart as drizzle-kit's migrator wants them. */
export function tuningMigration(schema: string = DEFAULT_SCHEMA): string {
  const quoted = quotedSchema(schema);
  const statements = [...TUNINGS.map((tuning) => statementOf(quoted, tuning)), compressionOf(quoted)];
  return `${HEADER}\n${statements.join('\n--> statement-breakpoint\n')}`;
}

/** The schema's name is an identifier and, within the block, text: quoted twice. */
const compressionOf = (
  schema: string,
): string => `-- Payloads over 2 kB: lz4 stores them in a quarter to a half of the time of pglz, where the server was built with it. New rows alone obey.
-- This waits for the emits that run, and emits wait for it: for a moment, and only the first time.
do $$
begin
  if exists (select from pg_catalog.pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals))
    and exists (select from pg_catalog.pg_attribute where attrelid = '${schema.replaceAll("'", "''")}.emission'::regclass and attname = 'payload' and attcompression <> 'l')
  then
    alter table ${schema}.emission alter column payload set compression lz4;
  end if;
end $$;`;

/** The settings of each table, as the catalogs have them: `name=value`. */
export const storageSettingsWanted = (): Record<string, string[]> =>
  Object.fromEntries(TUNINGS.map(({ table, settings }) => [table, settings.map(([name, value]) => `${name}=${value}`)]));

const HEADER = `-- Storage settings of Signalbox' tables. Running this again changes nothing; no table is rewritten, and no session waits but for the last one.
-- The values are a start: what is right for your load, you measure.
`;

function statementOf(schema: string, { table, why, settings }: Tuning): string {
  const lines = settings.map(
    ([name, value, reason], index) => `  ${name} = ${value}${index < settings.length - 1 ? ',' : ''} -- ${reason}`,
  );
  return [...why.map((line) => `-- ${line}`), `alter table ${schema}.${table} set (`, ...lines, ');'].join('\n');
}
