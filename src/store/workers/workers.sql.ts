// The SQL statements about workers: their leases, which of them are dead, and the rescue of what the dead ones held.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';
import { WORKER_LOCKS } from '../namespace.ts';
import { micros, ms } from '../times.ts';

/**
 * Identifies the time during which the server has kept the locks of its sessions. Each restart gives another value, including one
 * that the postmaster survives (when one session crashes it ends all of them, and then discards its statistics), and so does each
 * server. A standby needs no case of its own: it takes no renewal, so each worker's row names the server that was the primary then.
 * Any role may read these, in recovery too.
 */
const INCARNATION = `(select concat_ws(' ', ${micros('pg_postmaster_start_time()')}, ${micros('b.stats_reset')}) from pg_catalog.pg_stat_bgwriter b)`;

/** The number of other workers in one check: enough that several workers check each one, however many there are. */
const MOST_CHECKED = 10;

/**
 * Enrols a worker. $1 label, $2 lease in ms, $3 the id that it wants: a random one, for a sequence gives the same number
 * twice where a failover has lost its end; $4 its process, $5 the version of the package. Returns its id, and the database's time in microseconds; no row if another
 * worker has that id. Locks: its row. Index: the primary key.
 */
export const enrolWorker = statement({ id: 'int', now_us: 'int' })`
insert into signalbox.worker (id, label, version, process_id, started_at, lease_until, backend_pid)
values ($3::int, $1::text, $5::text, $4::text::uuid, statement_timestamp(), statement_timestamp() + ${ms('$2')}, pg_backend_pid())
on conflict (id) do nothing
returning id, ${micros('statement_timestamp()')} as now_us`;

/**
 * Takes a worker's lock for the session, which keeps it until the session ends. $1 worker. Returns whether the session has the lock,
 * and the session's backend. Never waits: an earlier session of the same worker that has died may hold the lock a moment longer.
 */
export const lockWorker = statement({
  locked: 'bool',
  pid: 'int',
})`select pg_try_advisory_lock(${WORKER_LOCKS}, $1::int) as locked, pg_backend_pid() as pid`;

/**
 * Renews a worker's lease. $1 worker, $2 lease in ms, $3 the session that holds its lock, or null, $4 whether the worker is
 * stopping, which it remains. Returns the session, and whether there are other workers.
 * No row: another worker has marked this one dead, and it must enrol anew. A lease that has expired unmarked may be renewed.
 * `locked` says that a free lock means death. It is set only if the last two renewals came from the session that took
 * the lock. Behind a pooler in transaction mode they come from many sessions, and the lease alone decides. `incarnation` limits how
 * long `locked` holds: a server that restarts has freed all locks.
 */
export const renewLease = statement({ pid: 'int', has_others: 'bool' })`
update signalbox.worker
set lease_until = statement_timestamp() + ${ms('$2')}, backend_pid = pg_backend_pid(),
  locked = coalesce($3::int = pg_backend_pid() and backend_pid = pg_backend_pid(), false), incarnation = ${INCARNATION},
  stopping_at = case when $4::text::boolean then coalesce(stopping_at, statement_timestamp()) else stopping_at end
where id = $1::int and lost_at is null
returning pg_backend_pid() as pid, exists (select from signalbox.worker o where o.id <> $1::int and o.lost_at is null) as has_others`;

/**
 * Ends a worker at its own request: from then on it can neither renew nor claim. $1 worker.
 * Locks: its row, FOR UPDATE, which waits for a claim of its own that is still under way (the worker may have lost the connection on
 * which it sent that claim). So each row that it holds is visible to the next statement, forgetWorkers. Repeatable.
 */
export const resignWorker = statement({})`
with held as materialized (
  select w.id from signalbox.worker w where w.id = $1::int for update of w
)
update signalbox.worker w set lost_at = statement_timestamp(), lease_until = statement_timestamp() from held where w.id = held.id`;

/**
 * Finds other workers whose lock is free: the first of two checks. $1 the checking worker, $2 whether to consider only workers that
 * have renewed since the server began to keep locks: then nothing but the end of the worker, or of its connection, has freed the lock.
 * Returns id and lease of each.
 * Never the checking worker itself: a try at its own lock would succeed. The tries are shared, so that two checks do not take each
 * other for a worker's own session, and end with the statement. Locks: nothing else. Index: the primary key, from the checking
 * worker's id on.
 */
export const findUnlocked = statement({ id: 'int', lease: 'text' })`
with other as materialized (
  select w.id, w.lease_until from signalbox.worker w
  where w.locked and w.lost_at is null and w.id <> $1::int and (not $2::text::boolean or w.incarnation = ${INCARNATION})
  order by w.id <= $1::int, w.id
  limit ${MOST_CHECKED}
)
select id, ${micros('lease_until')}::text as lease from other where pg_try_advisory_xact_lock_shared(${WORKER_LOCKS}, id)`;

/**
 * Marks workers dead whose lock is still free and that have not renewed since the first check: the second check. $1 [{id, lease}] as
 * JSON, the result of the first one, $2 as there: the server may have restarted in between. Returns the ids marked. A renewal between
 * the checks is a sign of life: the worker's session broke, and it has another. Locks: workers by id, FOR UPDATE, skipping those that
 * claim or renew at this moment. Repeatable.
 */
export const markUnlockedDead = statement({ id: 'int' })`
with seen as materialized (
  select w.id from jsonb_to_recordset($1::text::jsonb) as f(id int, lease int8)
  join signalbox.worker w on w.id = f.id and ${micros('w.lease_until')} = f.lease and w.locked and w.lost_at is null
    and (not $2::text::boolean or w.incarnation = ${INCARNATION})
  order by w.id for update of w skip locked
), freed as materialized (
  select id from seen where pg_try_advisory_xact_lock_shared(${WORKER_LOCKS}, id)
)
update signalbox.worker w set lost_at = statement_timestamp() from freed where w.id = freed.id returning w.id`;

/**
 * Marks workers dead whose lease has expired. Returns the ids of all dead workers, including those that other workers marked.
 * Locks: workers by id, FOR UPDATE, skipping those that claim at this moment (FOR KEY SHARE): after the mark no claim of
 * theirs can commit. So each row of a dead worker is visible to the next statement, rescue. Repeatable.
 */
export const markExpiredDead = statement({ id: 'int' })`
with over as materialized (
  select id from signalbox.worker where lost_at is null and lease_until < statement_timestamp()
  order by id for update skip locked
), marked as (
  update signalbox.worker w set lost_at = statement_timestamp() from over where w.id = over.id returning w.id
)
select id from marked union select id from signalbox.worker where lost_at is not null`;

/**
 * Ends the transactions that receivers of dead workers left open, with their sessions: a frozen process, or one that is
 * cut off, would keep its rows locked. $1 the workers' ids, $2 how long to wait for the end of each session in ms. A worker that
 * comes back to life finds its connection lost. Only sessions of the same user: it may not end those of others. Repeatable.
 */
export const endTransactions = statement({ ended: 'bool' })`
select pg_terminate_backend(a.pid, $2::int8) as ended from pg_catalog.pg_stat_activity a
join pg_catalog.unnest($1::text::int[]) as lost(id) on a.application_name = 'signalbox worker ' || lost.id::text
where a.datname = current_database() and a.usename = current_user`;

/**
 * Rescues the deliveries that dead workers held. $1 the workers' ids, $2 how many deliveries at most, $3 crashes at which a delivery
 * ends dead, $4 the error that is then noted. Returns the deliveries rescued, and whether they are dead.
 * A delivery ends dead only if its process ran nothing else: then nothing else can have killed the process (see claim). So all that
 * the workers of the process hold is counted, whether they are marked dead or not: they are found dead one after the other, one by
 * its lock and another by its lease. If that is more than one delivery, each of these workers keeps that (`had_company`), for by the
 * next rescue only one may be left to count.
 * The end of a worker that was stopping is charged to no delivery: its supervisor kills a process that takes too long to stop.
 * Locks: deliveries by id, skipping those whose receiver's transaction still lives: they are still held. Then the workers of
 * these processes by id, NO KEY UPDATE: claims pass, and a renewal is waited for. Repeatable.
 * Reads the whole of delivery: it runs only when a worker died, and an index on the worker would cost every claim.
 */
export const rescue = statement({
  id: 'text',
  emission_id: 'text',
  receiver_id: 'int',
  receiver: 'text?',
  signal: 'text?',
  epoch: 'int',
  attempt: 'int',
  crashes: 'int',
  dead: 'bool',
})`
with ${SHOWN}, load as materialized (
  select w.process_id, count(*) as held
  from signalbox.worker w join signalbox.delivery d on d.worker_id = w.id
  where w.process_id in (select lost.process_id from signalbox.worker lost where lost.id = any($1::text::int[])) and d.state = 'running'
  group by w.process_id
), held as materialized (
  select d.id, d.worker_id, d.crashes from signalbox.delivery d
  where d.worker_id = any($1::text::int[]) and d.state = 'running'
  order by d.id limit $2::int
  for update skip locked
), fate as materialized (
  select h.id, w.stopping_at is null as charged,
    w.stopping_at is null and load.held = 1 and not w.had_company and h.crashes + 1 >= $3::int as dead
  from held h join signalbox.worker w on w.id = h.worker_id join load on load.process_id = w.process_id
), crowd as materialized (
  select w.id from signalbox.worker w join load on load.process_id = w.process_id
  where load.held > 1 and not w.had_company and exists (select from held)
  order by w.id for no key update of w
), remembered as (
  update signalbox.worker w set had_company = true from crowd c where w.id = c.id
), back as (
  update signalbox.delivery d
  set state = 'ready', epoch = d.epoch + 1, attempt = d.attempt - 1, worker_id = null,
    crashes = d.crashes + case when f.charged then 1 else 0 end
  from fate f where d.id = f.id and not f.dead
  returning d.id, d.emission_id, d.receiver_id, d.epoch, d.attempt, d.crashes
), gone as (
  delete from signalbox.delivery d using fate f where d.id = f.id and f.dead
  returning d.id, d.emission_id, d.receiver_id, d.version, d.generation, d.epoch + 1 as epoch, d.attempt, d.crashes + 1 as crashes
), kept as (
  insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
  select id, emission_id, receiver_id, version, generation, 'dead', epoch, attempt, crashes, statement_timestamp() from gone
), noted as (
  insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
  select id, emission_id, receiver_id, epoch, attempt, $4::text::jsonb, statement_timestamp() from gone
)
select t.id::text as id, t.emission_id::text as emission_id, t.receiver_id, shown.name as receiver, r.signal, t.epoch, t.attempt, t.crashes, t.dead
from (
  select id, emission_id, receiver_id, epoch, attempt, crashes, false as dead from back
  union all
  select id, emission_id, receiver_id, epoch, attempt, crashes, true from gone
) t left join signalbox.receiver r on r.id = t.receiver_id left join shown on shown.root = ${rootId('r')}`;

/**
 * Forgets dead workers that hold nothing any more (none can come to hold anything). $1 their ids. A statement of its own: it
 * must see the rows that rescue left. Locks: workers by id, as rescue.
 */
export const forgetWorkers = statement({})`
with gone as materialized (
  select w.id from signalbox.worker w where w.id = any($1::text::int[])
  order by w.id for update of w
)
delete from signalbox.worker w using gone
where w.id = gone.id and not exists (select from signalbox.delivery d where d.worker_id = w.id and d.state = 'running')`;
