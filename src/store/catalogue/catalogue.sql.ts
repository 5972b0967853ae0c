// The SQL statements about the catalogue of receivers. core/renames.ts judges the rows that they read, and decides on those that they
// write.
import { statement } from '../../drivers/statement.ts';

/** A receiver that no process has announced for this long gets no new deliveries. More than a year: even a yearly job keeps its receivers. */
const FORGET_AFTER = `interval '400 days'`;

/**
 * The one condition under which a receiver gets new deliveries, of one of its rows `r`: used by the append, by `receivers.has` and by
 * announcements. A name that no process has announced was never seen.
 */
export const isLive = (r: string): string =>
  `(${r}.retired_at is null and coalesce(${r}.last_seen_at > statement_timestamp() - ${FORGET_AFTER}, false))`;

/** The row whose id the deliveries of the receiver of row `r` carry. */
export const rootId = (r: string): string => `coalesce(${r}.root_id, ${r}.id)`;

/** The condition that row `r` is of a receiver that has, or had, the name of a parameter. */
export const isNamed = (r: string, parameter: string): string =>
  `${rootId(r)} in (select ${rootId('n')} from signalbox.receiver n where n.name = ${parameter}::text)`;

/** The name under which each receiver was announced last, by its root. Reads the whole catalogue, once. */
export const SHOWN = `
shown as materialized (
  select distinct on (${rootId('n')}) ${rootId('n')} as root, n.name from signalbox.receiver n
  order by ${rootId('n')}, n.last_seen_at desc nulls last, n.id desc
)`;

/**
 * The catalogue of some signals. $1 their names, as JSON. Locks nothing. Index: receiver_signal_name.
 * `version` is the transaction that wrote the row: another one after each write.
 */
export const readCatalogue = statement({
  id: 'int',
  signal: 'text',
  name: 'text',
  root_id: 'int?',
  queue: 'text',
  priority: 'int',
  announced: 'bool',
  fresh: 'bool',
  latest: 'bool',
  version: 'text',
})`
select r.id, r.signal, r.name, r.root_id, r.queue, r.priority, r.last_seen_at is not null as announced,
  coalesce(r.retired_at is null and r.last_seen_at >= statement_timestamp() - interval '1 day', false) as fresh,
  coalesce(r.last_seen_at = max(r.last_seen_at) over (partition by ${rootId('r')}), false) as latest,
  r.xmin::text as version
from signalbox.receiver r
where r.signal = any(array(select jsonb_array_elements_text($1::text::jsonb)))
order by r.id`;

/**
 * Adds names that no process has announced yet. $1 [{name, signal}] as JSON. Returns the ids of those that it added.
 * Locks: the new rows, in the order of (signal, name), as every process does; waits for a transaction that is adding the
 * same name. Repeatable. Such a row gets no deliveries, so it may stay alone, whatever comes between this and changeReceivers.
 */
export const addNames = statement({ id: 'int' })`
insert into signalbox.receiver (name, signal, queue, priority)
select w.name, w.signal, 'default', 0 from jsonb_to_recordset($1::text::jsonb) as w(name text, signal text)
order by w.signal, w.name
on conflict (signal, name) do nothing
returning id`;

/**
 * Changes rows as they are decided. $1 [{id, version, name, root_id, queue, priority, seen}] as JSON. Returns how many it
 * changed: all, or none if one of them has changed since it was read, and then the decision is void.
 * The race: of two processes that join different receivers to one at the same time, each must see what the other has joined,
 * or a row would point to one that is no root any more. A process that joins receivers writes all rows of those that become one.
 * Locks: the rows, in the order of (signal, name), as every process does; a row that was changed between the read and the
 * lock fails the comparison with its version when PostgreSQL reads it again. Index: the primary key.
 */
export const changeReceivers = statement({ changed: 'int' })`
with change as materialized (
  select c.id, c.version, c.name, c.root_id, c.queue, c.priority, c.seen from jsonb_to_recordset($1::text::jsonb)
    as c(id int, version text, name text, root_id int, queue text, priority int, seen text)
), held as materialized (
  select r.id from change c join signalbox.receiver r on r.id = c.id
  where r.xmin::text = c.version
  order by r.signal, r.name
  for update of r
), changed as (
  update signalbox.receiver r
  set name = c.name, root_id = c.root_id, queue = c.queue, priority = c.priority,
    retired_at = case c.seen when 'now' then null else r.retired_at end,
    last_seen_at = case c.seen when 'now' then statement_timestamp() when 'never' then null else r.last_seen_at end
  from change c
  where r.id = c.id and (select count(*) from held) = (select count(*) from change)
  returning r.id
)
select count(*)::int as changed from changed`;

/** The whole catalogue, by signal and name. No parameters. Locks nothing. A row for each name of a receiver and each signal: hundreds, at most. */
export const listReceivers = statement({
  root: 'int',
  name: 'text',
  signal: 'text',
  queue: 'text',
  priority: 'int',
  announced: 'bool',
  live: 'bool',
  latest: 'bool',
})`
with ${SHOWN}
select ${rootId('r')} as root, r.name, r.signal, r.queue, r.priority, r.last_seen_at is not null as announced, ${isLive('r')} as live,
  r.name = shown.name as latest
from signalbox.receiver r join shown on shown.root = ${rootId('r')}
order by r.signal, r.name`;

/** Tells whether a signal has a receiver that gets new deliveries. $1 signal. Locks nothing. Repeatable. Index: receiver_signal_name. */
export const hasReceivers = statement({ has: 'bool' })`
select exists (select from signalbox.receiver r where r.signal = $1::text and ${isLive('r')}) as has`;
