// Statements for the tests of applications. None of them belongs to production.
import { statement } from '../../drivers/statement.ts';
import { ms } from '../times.ts';

/**
 * Moves all that happened, and all that waits, this many ms back, in one statement: what was due in that time is due now. Leases stay: the
 * workers that hold them are alive. $1 how many. Locks: every row of delivery, settled, delivery_error, emission and dedupe. Reads all of them.
 */
export const travel = statement({ moved: 'int' })`
with deliveries as (
  update signalbox.delivery set run_at = run_at - ${ms('$1')} returning 1
), finished as (
  update signalbox.settled set finished_at = finished_at - ${ms('$1')} returning 1
), errors as (
  update signalbox.delivery_error set at = at - ${ms('$1')} returning 1
), emitted as (
  update signalbox.emission set emitted_at = emitted_at - ${ms('$1')} returning 1
), keys as (
  update signalbox.dedupe set until = until - ${ms('$1')} returning 1
)
select ((select count(*) from deliveries) + (select count(*) from finished) + (select count(*) from errors) + (select count(*) from emitted))::int as moved`;

/**
 * The latest deliveries, each with its payload and its last error, by their emissions. $1 how many. Locks nothing. Index: delivery_emission_receiver,
 * settled_emission_receiver.
 */
export const seenDeliveries = statement({
  receiver: 'text',
  signal: 'text',
  emission_id: 'text',
  version: 'int',
  payload: 'text',
  state: 'text',
  attempt: 'int',
  error: 'text?',
})`
select r.name as receiver, e.signal, e.id::text as emission_id, e.version, e.payload::text as payload, d.state, d.attempt,
  (select x.error ->> 'message'::text from signalbox.delivery_error x where x.delivery_id = d.id order by x.id desc limit 1) as error
from (
  select id, emission_id, receiver_id, state, attempt from signalbox.delivery
  union all
  select id, emission_id, receiver_id, state, attempt from signalbox.settled
) d
join signalbox.emission e on e.id = d.emission_id
join signalbox.receiver r on r.id = d.receiver_id
order by e.id desc, r.name desc limit $1::int`;

/**
 * Stores an emission with a delivery for one receiver, due now. $1 emission id, $2 signal, $3 version, $4 payload, $5 headers, $6 receiver
 * id, $7 attempts so far. Locks: the new rows. A second time it fails: the id is taken.
 */
export const storeDelivery = statement({})`
with emitted as (
  insert into signalbox.emission (id, signal, version, payload, headers, emitted_at)
  values ($1::text::uuid, $2::text, $3::int, $4::text::jsonb, $5::text::jsonb, statement_timestamp())
)
insert into signalbox.delivery (emission_id, receiver_id, version, run_at, attempt)
values ($1::text::uuid, $6::int, $3::int, statement_timestamp(), $7::int)`;

/**
 * Has a delivery wait again that runs or has ended, as if nothing had become of it but the rise of its epoch. $1 emission id. Locks: its rows. Repeatable.
 */
export const reopenDelivery = statement({ reopened: 'int' })`
with ended as (
  delete from signalbox.settled where emission_id = $1::text::uuid
  returning id, emission_id, receiver_id, version, generation, epoch, crashes
), back as (
  insert into signalbox.delivery (id, emission_id, receiver_id, version, generation, state, run_at, epoch, attempt, crashes)
  overriding system value
  select id, emission_id, receiver_id, version, generation, 'ready'::text, statement_timestamp(), epoch + 1, 0, crashes from ended returning 1
), live as (
  update signalbox.delivery set state = 'ready', run_at = statement_timestamp(), epoch = epoch + 1, attempt = 0, worker_id = null
  where emission_id = $1::text::uuid returning 1
)
select ((select count(*) from back) + (select count(*) from live))::int as reopened`;

/** Ends the leases of all workers, as if they had died long ago. Locks their rows. Returns how many there were. */
export const expireLeases = statement({ expired: 'int' })`
with expired as (
  update signalbox.worker set lease_until = statement_timestamp() - interval '1 second' where lost_at is null returning 1
)
select count(*)::int as expired from expired`;

/**
 * The receivers that have deliveries which run or are due, with how many of each. Locks nothing. Reads delivery whole.
 */
export const unfinished = statement({ receiver: 'text', running: 'int', due: 'int' })`
select r.name as receiver, count(*) filter (where d.state = 'running')::int as running, count(*) filter (where d.state = 'ready')::int as due
from signalbox.delivery d join signalbox.receiver r on r.id = d.receiver_id
where d.state = 'running' or d.run_at <= statement_timestamp()
group by r.name order by r.name`;
