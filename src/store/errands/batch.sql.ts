// The SQL of the batches of errands. A batch is one statement, and so one transaction: it looks at the next rows of the errand's walk, acts on those
// that match, and moves the cursor past them. Killed anywhere, it has done all of it or nothing.
//
// The races. Two workers on one errand: each locks the errand's row and skips it if another has it; and the cursor must still be the one that
// the batch was made for, which is read again under the lock. Two errands that overlap: both lock settled rows in the order of (emission, receiver) and
// wait for each other, and the second finds them gone, or finished later than its beginning. A receiver whose transaction is open holds its delivery, perhaps for minutes:
// such a row is skipped, counted, and met again in another pass through the live rows, until a pass has left none. Prune: it takes an emission only
// if it has locked all its settled rows, so a row that is locked here keeps its emission, and the row of a pruned one is gone. A row whose emission
// is gone is not brought back: it could never run.
import { statement } from '../../drivers/statement.ts';
import { ms } from '../times.ts';
import { scrubbed } from './errands.sql.ts';
import { emissionOf, HELD_LIVE, HELD_READY, HELD_SETTLED, isHeld, LIVE, MINE, option, picked, SETTLED, UNFINISHED } from './walk.sql.ts';

/** What each batch returns, if it had the errand. */
const BATCH = { changed: 'int', waits: 'bool', state: 'text', done: 'int', skipped: 'int', notified: 'int' } as const;

/** When what is brought back is due: now, or spread from the beginning of the errand. */
const DUE = `greatest(statement_timestamp(), (select mine.created_at from mine) + random() * ${ms(`coalesce(${option('overMs')}, '0')`)})`;

/**
 * Moves the cursor past what the batch has passed; at the end of the walk, to another pass if rows were left and the stage has passes, else to the next stage;
 * after the last, the errand is done, its filter loses the payload's value, and its entry of the audit is completed. Wakes workers.
 */
const MOVED = `
tally as materialized (
  select cut.n as upto, stop.n is not null as blocked,
    (select count(*) from looked) < $4::int and cut.n >= (select coalesce(max(l.n), 0) from looked l) as ended,
    (select count(*) from acted) as acted,
    $6::int8 + (select count(*) from picked) - (select count(*) from acted) as remaining
  from cut, stop
), verdict as materialized (
  select t.*, t.ended and $8::text is not null and (
    t.remaining > 0 or coalesce(${option('horizon')}::xid8 >= pg_snapshot_xmin(pg_current_snapshot()), false)
  ) as again
  from tally t
), moved as (
  update signalbox.errand e set
    cursor = case
      when v.again then $8::text::jsonb
      when v.ended then $7::text::jsonb
      else $2::text::jsonb || pg_catalog.jsonb_build_object('left', case when $8::text is null then 0 else v.remaining end, 'at', coalesce(
        (select pg_catalog.jsonb_build_array(l.time_us::text, l.emission_id, l.receiver_id) from looked l where l.n = v.upto), $3::text::jsonb))
    end,
    done = e.done + v.acted,
    skipped = e.skipped + case when $8::text is null then v.remaining else 0 end,
    updated_at = statement_timestamp(),
    state = case when v.ended and not v.again and $7::text is null then 'done' else e.state end,
    finished_at = case when v.ended and not v.again and $7::text is null then statement_timestamp() end,
    fingerprint = case when v.ended and not v.again and $7::text is null then null else e.fingerprint end,
    filter = case when v.ended and not v.again and $7::text is null then ${scrubbed('e.filter')} else e.filter end
  from verdict v, mine where e.id = mine.id
  returning e.id, e.state, e.done, e.skipped, e.options, v.acted, v.again or v.blocked as waits
), audited as (
  update signalbox.audit_entry a set finished_at = statement_timestamp(),
    result = pg_catalog.jsonb_build_object('state', moved.state, 'done', moved.done, 'skipped', moved.skipped)
  from moved where a.id = (moved.options ->> 'audit'::text)::bigint and moved.state = 'done'
), notified as materialized (
  select pg_notify($10::text, '') from moved where moved.acted > 0
)
select moved.acted::int as changed, moved.waits, moved.state, moved.done, moved.skipped, (select count(*)::int from notified) as notified from moved`;

/** Rows of `settled` become live again. */
const REQUEUED = `${HELD_SETTLED}, gone as (
  delete from signalbox.settled d where ${isHeld('held')}
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch
), acted as (
  insert into signalbox.delivery (id, emission_id, receiver_id, version, generation, epoch, run_at)
  overriding system value
  select g.id, g.emission_id, g.receiver_id, g.version, g.generation + ${option('generations')}::int, g.epoch + 1, ${DUE} from gone g
  returning 1
)`;

const HAS_EMISSION = `coalesce(${emissionOf('true')}, false)`;

/** Dead and cancelled deliveries are ready again: retry, and replay of those alone. Locks: the errand, then settled rows by emission and receiver. */
export const requeueUnfinished = statement(BATCH)`
with ${MINE}, ${picked(UNFINISHED(HAS_EMISSION))}, ${REQUEUED}, ${MOVED}`;

/** Settled deliveries are ready again, also completed ones: replay. Locks: as requeueUnfinished. */
export const requeueSettled = statement(BATCH)`
with ${MINE}, ${picked(SETTLED(HAS_EMISSION))}, ${REQUEUED}, ${MOVED}`;

/** Waiting deliveries are due now. Locks: the errand, then deliveries by emission and receiver; those that are held run or are acted on, and are skipped. */
export const makeDueBatch = statement(BATCH)`
with ${MINE}, ${picked(LIVE('d.run_at > statement_timestamp()'))}, ${HELD_LIVE}, acted as (
  update signalbox.delivery d set run_at = least(d.run_at, ${DUE}) where ${isHeld('held')}
  returning 1
), ${MOVED}`;

/** The reason is noted with what was ended. */
const noted = (from: string): string => `
noted as (
  insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
  select id, emission_id, receiver_id, epoch, attempt, $9::text::jsonb -> 'error'::text, statement_timestamp() from ${from}
)`;

/** Live deliveries end as cancelled. Locks: as makeDueBatch. The epoch is raised: a run of one that goes on is stale. */
export const cancelLiveBatch = statement(BATCH)`
with ${MINE}, ${picked(LIVE())}, ${HELD_LIVE}, gone as (
  delete from signalbox.delivery d where ${isHeld('held')}
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.attempt, d.crashes
), acted as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'cancelled', epoch + 1, attempt, crashes, statement_timestamp() from gone
  returning id, emission_id, receiver_id, epoch, attempt
), ${noted('acted')}, ${MOVED}`;

/** Dead deliveries end as cancelled. Locks: as requeueUnfinished. */
export const cancelDeadBatch = statement(BATCH)`
with ${MINE}, ${picked(UNFINISHED())}, ${HELD_SETTLED}, acted as (
  update signalbox.settled d set state = 'cancelled', epoch = d.epoch + 1, worker_id = null, finished_at = statement_timestamp()
  where ${isHeld('held')}
  returning d.id, d.emission_id, d.receiver_id, d.epoch, d.attempt
), ${noted('acted')}, ${MOVED}`;

/** The receiver to which a delivery goes. */
const TO = `($9::text::jsonb -> 'to'::text ->> d.receiver_id::text)::int`;

/**
 * Of the locked rows, those of which the other receiver has a delivery of its own: it is not to receive the emission twice. Scalar subqueries:
 * `exists` was planned as a hash of the whole table.
 */
const DOUBLE = `
double as materialized (
  select d.* from held d
  where (select true from signalbox.delivery o where o.emission_id = d.emission_id and o.receiver_id = ${TO} limit 1)
    or (select true from signalbox.settled o where o.emission_id = d.emission_id and o.receiver_id = ${TO} limit 1)
), single as materialized (
  select d.* from held d where d.id not in (select double.id from double)
)`;

/** What was noted of a delivery goes with it. */
const ERRORS = (from: string): string => `
errors as (
  update signalbox.delivery_error x set receiver_id = s.receiver_id from ${from} s where x.delivery_id = s.id
)`;

/**
 * Waiting deliveries become those of another receiver, with their ids, and so with their idempotency keys. One of which that receiver has its own
 * ends as cancelled. Those that run are left for another pass. Locks: as makeDueBatch. Of two that move the same delivery's emission to one receiver
 * at the same moment, the unique key fails the second, whose batch is then repeated.
 */
export const moveLiveBatch = statement(BATCH)`
with ${MINE}, ${picked(LIVE())}, ${HELD_READY}, ${DOUBLE}, went as (
  update signalbox.delivery d set receiver_id = ${TO}, epoch = d.epoch + 1 where ${isHeld('single')}
  returning d.id, d.receiver_id
), ${ERRORS('went')}, gone as (
  delete from signalbox.delivery d where ${isHeld('double')}
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch, d.attempt, d.crashes
), ended as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'cancelled', epoch + 1, attempt, crashes, statement_timestamp() from gone
  returning id, emission_id, receiver_id, epoch, attempt
), ${noted('ended')}, acted as (
  select from went union all select from ended
), ${MOVED}`;

/** Dead deliveries become those of another receiver, and stay dead; where it has its own, they end as cancelled. Locks: as requeueUnfinished. */
export const moveDeadBatch = statement(BATCH)`
with ${MINE}, ${picked(UNFINISHED())}, ${HELD_SETTLED}, ${DOUBLE}, went as (
  update signalbox.settled d set receiver_id = ${TO} where ${isHeld('single')}
  returning d.id, d.receiver_id
), ${ERRORS('went')}, ended as (
  update signalbox.settled d set state = 'cancelled', epoch = d.epoch + 1, worker_id = null, finished_at = statement_timestamp()
  where ${isHeld('double')}
  returning d.id, d.emission_id, d.receiver_id, d.epoch, d.attempt
), ${noted('ended')}, acted as (
  select from went union all select from ended
), ${MOVED}`;
