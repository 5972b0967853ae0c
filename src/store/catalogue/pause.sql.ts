// The SQL by which operators pause receivers and queues, and by which claims leave them out.
//
// The race: a process announces a receiver, moves it to another queue, or joins it with a former name, at the moment at which an operator
// pauses or resumes it or its queue. Neither statement sees what the other writes. So nothing is copied from one row to another: a queue has
// one row of its own while it is paused, and a receiver is paused while any of its rows is. The claim puts the two together from what has
// committed, whichever came first.
import { statement } from '../../drivers/statement.ts';
import { isNamed, rootId } from './catalogue.sql.ts';

/**
 * The ids of receivers of which nothing is to be claimed: of the paused ones, and of those that were announced last into a paused queue. All
 * ids of such a receiver, also those of its former names, for older deliveries carry them.
 * Indexes: receiver_paused and paused_queue_pkey, both all but empty. While nothing is paused no more is read; while something is, the
 * whole catalogue is, once for each claim.
 */
export const PAUSED = `
paused as materialized (
  select m.id from signalbox.receiver m
  where (exists (select from signalbox.receiver p where p.paused_at is not null) or exists (select from signalbox.paused_queue))
    and ${rootId('m')} in (
      select ${rootId('p')} from signalbox.receiver p where p.paused_at is not null
      union all
      select latest.root from (
        select distinct on (${rootId('n')}) ${rootId('n')} as root, n.queue from signalbox.receiver n
        order by ${rootId('n')}, n.last_seen_at desc nulls last, n.id desc
      ) latest
      join signalbox.paused_queue q on q.name = latest.queue
    )
)`;

/**
 * Pauses a receiver. $1 its name. Returns how many rows it has, and how many were changed: none of one that was paused already.
 * Locks: its rows, in the order of (signal, name), as announcements do; the row of a joined name that is announced meanwhile needs none.
 * Repeatable: the first time stays.
 */
export const pauseReceiver = statement({ found: 'int', changed: 'int' })`
with named as materialized (
  select r.id from signalbox.receiver r where ${isNamed('r', '$1')}
  order by r.signal, r.name
  for no key update
), changed as (
  update signalbox.receiver r set paused_at = statement_timestamp() from named where r.id = named.id and r.paused_at is null
  returning r.id
)
select (select count(*)::int from named) as found, (select count(*)::int from changed) as changed`;

/**
 * Resumes a receiver, unless its queue is paused. $1 its name, $2 channel to wake workers. Returns as pauseReceiver does. Locks: as
 * pauseReceiver. Repeatable.
 */
export const resumeReceiver = statement({ found: 'int', changed: 'int', notified: 'int' })`
with named as materialized (
  select r.id from signalbox.receiver r where ${isNamed('r', '$1')}
  order by r.signal, r.name
  for no key update
), changed as (
  update signalbox.receiver r set paused_at = null from named where r.id = named.id and r.paused_at is not null
  returning r.id
), notified as materialized (
  select pg_notify($2::text, '') where exists (select from changed)
)
select (select count(*)::int from named) as found, (select count(*)::int from changed) as changed,
  (select count(*)::int from notified) as notified`;

/**
 * Pauses a queue. $1 its name. Returns how many rows of the catalogue name it, and how many queues it has paused: none if this was paused already.
 * Locks: the row of the queue; of two at the same time the second waits and changes nothing. Repeatable. A queue that no receiver names is
 * refused: the name is most likely wrong.
 */
export const pauseQueue = statement({ found: 'int', changed: 'int' })`
with changed as (
  insert into signalbox.paused_queue (name, paused_at)
  select $1::text, statement_timestamp() where exists (select from signalbox.receiver r where r.queue = $1::text)
  on conflict (name) do nothing
  returning name
)
select (select count(*)::int from signalbox.receiver r where r.queue = $1::text) as found, (select count(*)::int from changed) as changed`;

/**
 * Resumes a queue, also one that no receiver names any more. $1 its name, $2 channel to wake workers. Returns as pauseQueue does. Locks: the
 * row of the queue. Repeatable.
 */
export const resumeQueue = statement({ found: 'int', changed: 'int', notified: 'int' })`
with changed as (
  delete from signalbox.paused_queue q where q.name = $1::text
  returning q.name
), notified as materialized (
  select pg_notify($2::text, '') where exists (select from changed)
)
select (select count(*)::int from signalbox.receiver r where r.queue = $1::text) as found, (select count(*)::int from changed) as changed,
  (select count(*)::int from notified) as notified`;

/** The paused queues, by name. No parameters. Locks nothing. */
export const pausedQueues = statement({ name: 'text', paused_at_ms: 'int' })`
select q.name, (date_part('epoch', q.paused_at) * 1000::float8)::int8 as paused_at_ms from signalbox.paused_queue q order by q.name`;
