// The SQL of claims: how a worker takes deliveries, and reads which it has.
import { statement } from '../../drivers/statement.ts';
import { PAUSED } from '../catalogue/pause.sql.ts';
import { micros, millis, ms } from '../times.ts';

/** The columns of a claimed delivery: `run_at_us` in microseconds since 1970. Without a payload: the emission is gone. */
const CLAIMED = {
  id: 'text',
  emission_id: 'text',
  receiver_id: 'int',
  version: 'int',
  generation: 'int',
  epoch: 'int',
  attempt: 'int',
  crashes: 'int',
  payload: 'text?',
  headers: 'text?',
  emitted_at_ms: 'int?',
  run_at_us: 'int',
} as const;

/**
 * The rows that `picked` has locked, by their place. An array, not a join: whatever the planner believes of the numbers
 * of rows, it goes to each by its place. A join was planned as a walk through the table (docs/design/plans.md). A row that
 * was changed between scan and lock has another place, and is left for the next statement.
 */
const lockedBy = (picked: string): string => `d.ctid = any(array(${picked}))`;

/** All that it takes is returned, also a delivery whose emission was deleted: what is held and not known of is not ended. */
const takeFrom = (picked: string): string => `
taken as (
  update signalbox.delivery d set state = 'running', epoch = d.epoch + 1, attempt = d.attempt + 1, worker_id = $1::int
  where ${lockedBy(picked)}
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.attempt, d.crashes, d.run_at
)
select taken.id::text as id, taken.emission_id::text as emission_id, taken.receiver_id, taken.version, taken.generation,
  taken.epoch, taken.attempt, taken.crashes, e.payload::text as payload, e.headers::text as headers,
  ${millis('e.emitted_at')} as emitted_at_ms, ${micros('taken.run_at')} as run_at_us
from taken left join signalbox.emission e on e.id = taken.emission_id`;

/**
 * The claiming worker must be alive, and must stay so until the claim has committed: a worker that others have marked dead would
 * own rows that no rescue takes back. FOR KEY SHARE lets its own renewals pass and conflicts with markExpiredDead's FOR UPDATE.
 */
const ALIVE = `
me as materialized (
  select w.id from signalbox.worker w
  where w.id = $1::int and w.lost_at is null and w.lease_until > statement_timestamp()
  for key share
)`;

/**
 * No delivery of this id is taken. The condition is on a row of the list: it is judged once, before any delivery is
 * locked.
 */
const isPaused = (id: string): string => `exists (select from paused where paused.id = ${id})`;

/**
 * Takes due deliveries of the receivers that this worker has code for. $1 worker, $2 receiver ids, in the order of
 * service, $3 how many of each at most, $4 the newest payload version of each that it can read, $5 how many in all,
 * $6 how far ahead of their time in ms, $7 crashes from which a delivery must run alone, $8 whether one such may be taken, $9
 * from which time on to scan those of each, in seconds since 1970 (docs/design/old-snapshots.md).
 * Locks: the worker's row, then deliveries, receiver by receiver in the order given, by run_at; others' locks are
 * skipped. Repeatable: a row that is running is not taken again. Index: delivery_claim, one range per receiver; a
 * single `receiver_id = any(...)` would sort the backlog. The locking CTE is never inlined, so the limit is exact.
 * Receivers and queues that operators have paused are left out (catalogue/pause.sql.ts).
 * A suspect is a delivery that several dead workers held, and that may have killed them: only a worker that runs
 * nothing else takes it, alone, and only if nothing else is due. Index for that: delivery_suspect, which is almost
 * empty.
 */
export const claim = statement(CLAIMED)`
with ${ALIVE}, ${PAUSED}, picked as materialized (
  select due.place
  from unnest($2::text::int[], $3::text::int[], $4::text::int[], $9::text::float8[]) as r(id, free, version, since)
  cross join lateral (
    select d.ctid as place from signalbox.delivery d
    where d.receiver_id = r.id and d.run_at >= to_timestamp(r.since) and d.run_at <= statement_timestamp() + ${ms('$6')} and d.state = 'ready' and d.version <= r.version
      and d.crashes < $7::int and exists (select from me) and not ${isPaused('r.id')}
    order by d.run_at
    limit least(r.free, $5::int)
    for update skip locked
  ) due
  limit $5::int
), alone as materialized (
  select due.place
  from unnest($2::text::int[], $4::text::int[]) as r(id, version)
  cross join lateral (
    select d.ctid as place from signalbox.delivery d
    where d.receiver_id = r.id and d.run_at <= statement_timestamp() + ${ms('$6')} and d.state = 'ready' and d.version <= r.version
      and d.crashes > 0 and d.crashes >= $7::int and exists (select from me) and not ${isPaused('r.id')}
    order by d.run_at
    limit 1
    for update skip locked
  ) due
  where $8::text::boolean and not exists (select from picked)
  limit 1
), ${takeFrom('select place from picked union all select place from alone')}`;

/**
 * Tells whether a suspect waits, a delivery that must run alone. $1 receiver ids, $2 the newest version of each that can be read, $3
 * crashes, $4 how far ahead of its time in ms. For a worker that is never idle by itself. One of a paused receiver does not wait: no claim
 * would take it, and the worker would stay idle for it. No locks. Index: delivery_suspect.
 */
export const suspectWaits = statement({ waits: 'bool' })`
with ${PAUSED}
select exists (
  select from unnest($1::text::int[], $2::text::int[]) as r(id, version)
  join signalbox.delivery d on d.receiver_id = r.id and d.version <= r.version
  where d.crashes > 0 and d.crashes >= $3::int and d.state = 'ready' and d.run_at <= statement_timestamp() + ${ms('$4')}
    and not ${isPaused('r.id')}
) as waits`;

/**
 * Takes the due deliveries of given emissions, for immediate mode. $1 worker, $2 receiver ids, $3 the newest payload
 * version of each, $4 emission ids. Locks: as claim, deliveries by id. Index: delivery_emission_receiver.
 */
export const claimEmissions = statement(CLAIMED)`
with ${ALIVE}, ${PAUSED}, picked as materialized (
  select d.ctid as place from signalbox.delivery d
  join unnest($2::text::int[], $3::text::int[]) as r(id, version) on d.receiver_id = r.id and d.version <= r.version
  where d.emission_id = any($4::text::uuid[]) and d.run_at <= statement_timestamp() and d.state = 'ready'
    and exists (select from me) and not ${isPaused('d.receiver_id')}
  order by d.id
  for update of d skip locked
), ${takeFrom('select place from picked')}`;

/** The deliveries that a worker holds. $1 worker. Locks nothing. Reads the whole of delivery, as rescue does: only after a claim that failed. */
export const heldDeliveries = statement({ id: 'text', epoch: 'int' })`
select d.id::text as id, d.epoch from signalbox.delivery d where d.worker_id = $1::int and d.state = 'running'`;
