// The SQL of the doorbell: how a worker that sleeps says so, and how who appends rings it. Two advisory locks: one that says
// that a worker sleeps, one that says that somebody who may not have rung is still to commit (docs/design/doorbell.md).
import { statement } from '../../drivers/statement.ts';

/** The first key of both: a number of our own, next to that of workers' locks. */
const BELL_LOCKS = 0x73_69_67_6f;
/** The bell: held shared by workers that sleep, in their own sessions. Tried by those who append. */
const BELL = `${BELL_LOCKS}, 1`;
/** Held shared by a transaction that has appended, to its end. Tried by workers that are about to sleep. */
const AT_THE_DOOR = `${BELL_LOCKS}, 2`;

/**
 * Rings if a worker sleeps. `always`: the parameter that says to ring whether or not (a single session meets no lock of its own). If the door is held by a worker that is just looking, or the bell by another who tries it, it rings.
 * A CASE, for only that has an order. The try at the bell takes it for a moment only; nothing may come between (no wait).
 */
export const ringIfAsleep = (channel: string, always: string): string => `
  case when ${always}::text::boolean then pg_notify(${channel}::text, '')::text
    when not pg_try_advisory_xact_lock_shared(${AT_THE_DOOR}) then pg_notify(${channel}::text, '')::text
    when pg_try_advisory_lock(${BELL}) then pg_advisory_unlock(${BELL})::text
    else pg_notify(${channel}::text, '')::text end`;

const IS_CALM = `case when pg_try_advisory_lock(${AT_THE_DOOR}) then pg_advisory_unlock(${AT_THE_DOOR}) else false end`;

/**
 * Hangs the bell out, for the session, and then looks whether anybody who has not rung is still to commit. Returns whether it
 * hangs (somebody may just be trying it), and whether all is calm. Waits for nobody. A CASE, for only that has an order.
 */
export const hangBell = statement({ bell: 'text' })`
select case when not pg_try_advisory_lock_shared(${BELL}) then 'none' when ${IS_CALM} then 'calm' else 'hung' end as bell`;

/** The second half of the above, for a session that has the bell. */
export const listenAtDoor = statement({ bell: 'text' })`select case when ${IS_CALM} then 'calm' else 'hung' end as bell`;

/** Takes the session's bell down. */
export const takeBellDown = statement({ down: 'bool' })`select pg_advisory_unlock_shared(${BELL}) as down`;
