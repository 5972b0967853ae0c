// Operators' acts on deliveries: bringing finished ones back, making waiting ones due, cancelling.
// A delivery is addressed by its emission and, if not all of them are meant, its receiver: that is what both tables are
// keyed by.
import { statement } from '../../drivers/statement.ts';
import { isNamed } from '../catalogue/catalogue.sql.ts';

/**
 * Brings settled deliveries back: ready at once, with a fresh budget. $1 emission, $2 receiver or null, $3 states,
 * $4 what to add to the generation (replay: 1), $5 channel to wake workers. Returns their ids.
 * Locks: settled rows by receiver; a second call at the same time finds nothing left. Index: settled_emission_receiver.
 */
export const requeueDeliveries = statement({ id: 'text', notified: 'int' })`
with back as materialized (
  select s.emission_id, s.receiver_id from signalbox.settled s
  join signalbox.receiver r on r.id = s.receiver_id
  where s.emission_id = $1::text::uuid and ($2::text is null or ${isNamed('r', '$2')}) and s.state = any($3::text::text[])
  order by s.receiver_id
  for update of s
), gone as (
  delete from signalbox.settled s using back where s.emission_id = back.emission_id and s.receiver_id = back.receiver_id
  returning s.id, s.emission_id, s.receiver_id, s.version, s.generation, s.epoch
), requeued as (
  insert into signalbox.delivery (id, emission_id, receiver_id, version, generation, epoch, run_at)
  overriding system value
  select id, emission_id, receiver_id, version, generation + $4::int, epoch + 1, statement_timestamp() from gone
  returning id
), notified as materialized (
  select pg_notify($5::text, '') where exists (select from requeued)
)
select id::text as id, (select count(*)::int from notified) as notified from requeued`;

/**
 * Makes waiting deliveries due now. $1 emission, $2 receiver or null, $3 channel to wake workers. Returns their ids.
 * Locks: the rows. Index: delivery_emission_receiver.
 */
export const makeDeliveriesDue = statement({ id: 'text', notified: 'int' })`
with due as (
  update signalbox.delivery d set run_at = statement_timestamp()
  from signalbox.receiver r
  where r.id = d.receiver_id and d.emission_id = $1::text::uuid and ($2::text is null or ${isNamed('r', '$2')})
    and d.state = 'ready' and d.run_at > statement_timestamp()
  returning d.id
), notified as materialized (
  select pg_notify($3::text, '') where exists (select from due)
)
select id::text as id, (select count(*)::int from notified) as notified from due`;

/**
 * Ends live deliveries as cancelled. $1 emission, $2 receiver or null, $3 error as JSON. Returns their ids.
 * Locks: deliveries by id; waits for a receiver's transaction that is open, and if that commits, the delivery is
 * completed and not cancelled. The epoch is raised: a run of one of them that goes on is stale. Index: delivery_emission_receiver.
 */
export const cancelDeliveries = statement({ id: 'text' })`
with held as materialized (
  select d.id from signalbox.delivery d join signalbox.receiver r on r.id = d.receiver_id
  where d.emission_id = $1::text::uuid and ($2::text is null or ${isNamed('r', '$2')})
  order by d.id
  for update of d
), gone as (
  delete from signalbox.delivery d using held where d.id = held.id
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.attempt, d.crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'cancelled', epoch + 1, attempt, crashes, statement_timestamp() from gone
), noted as (
  insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
  select id, emission_id, receiver_id, epoch + 1, attempt, $3::text::jsonb, statement_timestamp() from gone
)
select id::text as id from gone`;

/**
 * Ends dead deliveries as cancelled, so that operators need not look at them again. $1 emission, $2 receiver or null, $3 error as JSON.
 * Returns their ids. A statement of its own, after cancelDeliveries: what died while that waited is seen by this one.
 * Locks: settled rows by receiver, as requeueDeliveries; of the two, or of two of these, the later finds nothing left.
 * Index: settled_emission_receiver.
 */
export const cancelDead = statement({ id: 'text' })`
with held as materialized (
  select s.emission_id, s.receiver_id from signalbox.settled s
  join signalbox.receiver r on r.id = s.receiver_id
  where s.emission_id = $1::text::uuid and ($2::text is null or ${isNamed('r', '$2')}) and s.state = 'dead'
  order by s.receiver_id
  for update of s
), ended as (
  update signalbox.settled s set state = 'cancelled', epoch = s.epoch + 1, worker_id = null, finished_at = statement_timestamp()
  from held where s.emission_id = held.emission_id and s.receiver_id = held.receiver_id
  returning s.id, s.emission_id, s.receiver_id, s.epoch, s.attempt
), noted as (
  insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
  select id, emission_id, receiver_id, epoch, attempt, $3::text::jsonb, statement_timestamp() from ended
)
select id::text as id from ended`;

/**
 * How many deliveries of an emission are live, and whether the emission is there: one snapshot, so one that commits
 * meanwhile is seen with its deliveries or not at all. $1 emission. Index: delivery_emission_receiver, emission_pkey.
 */
export const countLive = statement({ live: 'int', there: 'bool' })`
select
  (select count(*)::int from signalbox.delivery where emission_id = $1::text::uuid) as live,
  exists (select from signalbox.emission where id = $1::text::uuid) as there`;
