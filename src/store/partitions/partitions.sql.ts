// The SQL that makes partitions ahead and drops those whose time is over. It is data definition, for an owner of the tables, and names
// tables by the schema and the day on which a period begins, of which none is a caller's text.
//
// The races of a drop (docs/design/partitions.md):
// - A retry takes a row out of the partition. So the partitions are locked in SHARE mode, in which nothing of them changes, before they are
//   looked through. A retry that came before holds off the lock, and one that comes later finds nothing.
// - A delivery is added to a stored emission: a row lock, which SHARE does not hold off. So what is live is asked again when the partitions
//   are detached, for that takes the lock which nothing passes.
// - Each order of locks meets some act in a deadlock. The drop has a time limit for its locks, gives way, and tries again.
import { statement } from '../../drivers/statement.ts';
import { HOUR_AGO, IS_OLD } from '../retention/prune.sql.ts';
import { millis, ms } from '../times.ts';
import { boundsOf, PARTITIONED, type PartitionedTable, partitionName, STORAGE } from './migration.ts';

/** The partitions of a schema. $1 the schema. Returns each with its bound, and the time. Locks nothing. Repeatable. */
export const listPartitions = statement({ parent: 'text', name: 'text', bound: 'text', now_ms: 'int' })`
select p.relname::text as parent, c.relname::text as name, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
  ${millis('statement_timestamp()')} as now_ms
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid
join pg_catalog.pg_class p on p.oid = i.inhparent
join pg_catalog.pg_namespace n on n.oid = p.relnamespace
where n.nspname = $1::text and p.relname in ('emission', 'settled') and p.relkind = 'p'
order by p.relname, c.relname`;

/** Limits the wait for each lock of the transaction. $1 milliseconds. */
export const limitLocks = () => statement({ lock_timeout: 'text' })`select set_config('lock_timeout', $1::text, true) as lock_timeout`;

/** A piece of data definition, as a statement without parameters. */
const define = (text: string) => statement({})`${text}`;

/** A partition that is there: its suffix, and the ids that it has. */
export interface PartitionRange {
  readonly name: string;
  readonly fromId: string;
  readonly toId: string;
}

/**
 * Makes the partitions of a period. What the default partition has of it, of an emitter whose clock was ahead, moves there. Locks: the
 * default partitions, ACCESS EXCLUSIVE, and the tables, SHARE UPDATE EXCLUSIVE, which emits and claims pass.
 */
export function createPartitions(
  at: string,
  period: { readonly name: string; readonly fromMs: number; readonly toMs: number },
): readonly ReturnType<typeof define>[] {
  const bounds = boundsOf(period);
  const [from, to] = [...bounds.matchAll(/'([^']+)'/g)].map(([, id]) => id!) as [string, string];
  const of = (table: PartitionedTable): string => `${at}.${partitionName(table, period)}`;
  return [
    ...PARTITIONED.map(([table]) =>
      define(`create table ${of(table)} (like ${at}.${table} including defaults including constraints) ${STORAGE}`),
    ),
    define(`lock table ${PARTITIONED.map(([table]) => `${at}.${partitionName(table, 'default')}`).join(', ')} in access exclusive mode`),
    ...PARTITIONED.flatMap(([table, column]) => [
      define(`with gone as (delete from ${at}.${partitionName(table, 'default')} where ${column} >= '${from}' and ${column} < '${to}' returning *)
insert into ${of(table)} select * from gone`),
      define(`alter table ${at}.${table} attach partition ${of(table)} for values ${bounds}`),
    ]),
  ];
}

/** Nothing of the partitions of a period changes from here to the end of the transaction. Settled before emission, as acts have them. */
export const freezePartitions = (at: string, { name }: PartitionRange) =>
  define(`lock table ${at}.settled_${name}, ${at}.emission_${name} in share mode`);

/**
 * The emissions of frozen partitions that must stay: a delivery lives, one is younger than its age, or it has none and is younger than that of
 * completed ones; and nothing goes within an hour. $1 how many at most, $2 to $4 the ages in ms of completed, cancelled and dead deliveries.
 * Reads the partitions, and of delivery the range of ids.
 */
export const findStaying = (at: string, { name, fromId, toId }: PartitionRange) => statement({ ids: 'text?', count: 'int' })`
with staying as materialized (
  select id from (
    select s.emission_id as id from ${at}.settled_${name} s where (${IS_OLD}) is not true
    union
    select d.emission_id from ${at}.delivery d where d.emission_id >= '${fromId}' and d.emission_id < '${toId}'
    union
    select e.id from ${at}.emission_${name} e
    where e.emitted_at >= ${HOUR_AGO} or (e.emitted_at < statement_timestamp() - ${ms('$2')}) is not true
      and not exists (select from ${at}.settled_${name} s where s.emission_id = e.id)
  ) one
  limit $1::int
)
select string_agg(id::text, ',') as ids, count(*)::int as count from staying`;

/** Deletes the errors of what goes with frozen partitions. $1 the ids of the emissions that stay. */
export const dropErrors = (at: string, { name }: PartitionRange) => statement({ errors: 'int' })`
with gone as (
  delete from ${at}.delivery_error x using ${at}.settled_${name} s
  where x.delivery_id = s.id and not (s.emission_id = any($1::text::uuid[]))
  returning 1
)
select count(*)::int as errors from gone`;

/** Detaches the partitions: settled first, so that none ever has the deliveries without the emissions. Locks: both tables, ACCESS EXCLUSIVE. */
export const detachPartitions = (at: string, { name }: PartitionRange) =>
  PARTITIONED.map(([table]) => define(`alter table ${at}.${table} detach partition ${at}.${table}_${name}`));

/** Takes back into a table, and so into its default partition, what stays of a detached one: $1, and of which a delivery lives by now. */
export const setAside = (at: string, table: PartitionedTable, { name, fromId, toId }: PartitionRange) => {
  const column = PARTITIONED.find(([one]) => one === table)![1];
  return statement({ count: 'int' })`
with kept as (
  insert into ${at}.${table} select k.* from ${at}.${table}_${name} k
  where k.${column} = any($1::text::uuid[])
    or k.${column} in (select d.emission_id from ${at}.delivery d where d.emission_id >= '${fromId}' and d.emission_id < '${toId}')
  returning 1
)
select count(*)::int as count from kept`;
};

export const dropPartitions = (at: string, { name }: PartitionRange) => define(`drop table ${at}.settled_${name}, ${at}.emission_${name}`);
