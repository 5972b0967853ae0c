// The SQL of the sleeping flag (docs/design/doorbell.md). Two advisory locks: the flag itself, which says that a worker sleeps, so
// that an append must notify; and a lock that says that an append is pending: its transaction may have found no flag, and is still
// to commit.
import { statement } from '../../drivers/statement.ts';
import { SLEEPING_LOCKS } from '../namespace.ts';

/** The flag: sleeping workers hold it shared, in their own sessions. An append tries to take it exclusively. */
const SLEEPING_FLAG = `${SLEEPING_LOCKS}, 1`;
/** A transaction that has appended holds it shared until it ends. A worker that is about to sleep tries to take it exclusively. */
const PENDING_APPEND = `${SLEEPING_LOCKS}, 2`;

/**
 * Notifies if a worker sleeps. `always`: the parameter that says to notify unconditionally, for on a single session our own advisory
 * locks never conflict. A lock that another session only tries at this moment counts as one that it holds: the error is always
 * towards notifying. A CASE, for only that fixes the order. The try at the flag holds it for a moment only; nothing may come between
 * (no wait).
 */
export const notifyIfAsleep = (channel: string, always: string): string => `
  case when ${always}::text::boolean then pg_notify(${channel}::text, '')::text
    when not pg_try_advisory_xact_lock_shared(${PENDING_APPEND}) then pg_notify(${channel}::text, '')::text
    when pg_try_advisory_lock(${SLEEPING_FLAG}) then pg_advisory_unlock(${SLEEPING_FLAG})::text
    else pg_notify(${channel}::text, '')::text end`;

const NO_PENDING_APPENDS = `case when pg_try_advisory_lock(${PENDING_APPEND}) then pg_advisory_unlock(${PENDING_APPEND}) else false end`;

/**
 * Sets the sleeping flag for the session, then checks whether an append is pending. Returns `unset` where the flag could not be set
 * (an append may be trying it at this moment), `pending` where an append is, and `safe` otherwise. Never waits. A CASE, for only that
 * fixes the order.
 */
export const markSleeping = statement({ state: 'text' })`
select case when not pg_try_advisory_lock_shared(${SLEEPING_FLAG}) then 'unset' when ${NO_PENDING_APPENDS} then 'safe' else 'pending' end as state`;

/** The second half of the above, for a session that has set the flag. */
export const hasPendingAppends = statement({ pending: 'bool' })`select not ${NO_PENDING_APPENDS} as pending`;

/** Clears the session's flag. */
export const clearSleeping = statement({ cleared: 'bool' })`select pg_advisory_unlock_shared(${SLEEPING_FLAG}) as cleared`;
