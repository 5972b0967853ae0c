// The migration that partitions the tables which grow: `emission` by id and `settled` by emission_id. An id carries its time, so no
// statement changes: each names the emission, or walks by id.
//
// The rows so far become one partition as they are, which ends a while ahead: nothing is copied. Only the check of its bound reads them.
import { firstIdAt, type Period } from '../../core/periods.ts';
import { quotedSchema } from '../namespace.ts';
import { NEVER_CHANGED } from '../schema/tuning.ts';

/** The tables, with the column that carries the time. Settled before emission: in this order they are locked. */
export const PARTITIONED = [
  ['settled', 'emission_id'],
  ['emission', 'id'],
] as const;

export type PartitionedTable = (typeof PARTITIONED)[number][0];

/** The partition of a period, or the one for all that has none. */
export const partitionName = (table: PartitionedTable, period: Pick<Period, 'name'> | 'default' | 'before'): string =>
  `${table}_${typeof period === 'string' ? period : period.name}`;

/** As `signalbox tuning` prints them for tables without partitions. */
export const STORAGE = `with (${NEVER_CHANGED.map(([name, value]) => `${name} = ${value}`).join(', ')})`;

export const boundsOf = ({ fromMs, toMs }: Pick<Period, 'fromMs' | 'toMs'>): string =>
  `from ('${firstIdAt(fromMs)}') to ('${firstIdAt(toMs)}')`;

/** SQL text for a custom migration. @param periods the first ones with a partition of their own: all before is one partition */
export function partitionMigration(schema: string, periods: readonly Period[]): string {
  const first = periods[0]!;
  const at = quotedSchema(schema);
  const statements = [
    `-- Partitions ${schema}.emission and ${schema}.settled by time. The rows so far stay where they are, in one partition that ends on
-- ${new Date(first.fromMs).toISOString().slice(0, 10)}; it is locked while they are read once. Apply it before that day, and not at a busy time.
-- A lock that is not there in time ends the migration, of which nothing is left: try again.
set local lock_timeout = '5s';`,
    // Both, before anything is changed: a claim or a retry that has one and waits for the other is waited for here.
    `lock table ${at}.settled, ${at}.emission in access exclusive mode;`,
    ...PARTITIONED.flatMap(([table, column]) => [
      ...toPartition(at, table, column, first),
      ...periods.map((period) => partition(at, table, period)),
    ]),
  ];
  return `${statements.join('\n--> statement-breakpoint\n')}\n`;
}

function toPartition(at: string, table: PartitionedTable, column: string, { fromMs }: Period): string[] {
  const before = partitionName(table, 'before');
  const renames =
    table === 'emission'
      ? [`alter index ${at}.emission_pkey rename to ${before}_pkey;`, `alter index ${at}.emission_caused_by rename to ${before}_caused_by;`]
      : [
          `alter index ${at}.settled_emission_receiver rename to ${before}_emission_receiver;`,
          `alter index ${at}.settled_unfinished rename to ${before}_unfinished;`,
        ];
  const keys =
    table === 'emission'
      ? [
          `alter table ${at}.emission add primary key (id);`,
          `create index emission_caused_by on ${at}.emission (caused_by) where caused_by is not null;`,
        ]
      : [
          `alter table ${at}.settled add constraint settled_emission_receiver primary key (emission_id, receiver_id);`,
          `create index settled_unfinished on ${at}.settled (finished_at) where state <> 'completed';`,
        ];
  return [
    `alter table ${at}.${table} rename to ${before};`,
    ...renames,
    `create table ${at}.${table} (like ${at}.${before} including defaults including constraints) partition by range (${column});`,
    ...keys,
    `alter table ${at}.${table} attach partition ${at}.${before} for values from (minvalue) to ('${firstIdAt(fromMs)}');`,
    `create table ${at}.${partitionName(table, 'default')} partition of ${at}.${table} default ${STORAGE};`,
  ];
}

const partition = (at: string, table: PartitionedTable, period: Period): string =>
  `create table ${at}.${partitionName(table, period)} partition of ${at}.${table} for values ${boundsOf(period)} ${STORAGE};`;
