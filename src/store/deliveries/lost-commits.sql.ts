// The SQL that tells how a COMMIT ended whose answer was lost. It runs on another connection and writes nothing.
import { statement } from '../../drivers/statement.ts';

/**
 * Returns the progress of a transaction. $1 its id. Fails (22023) for an id that this server has not assigned yet.
 * A standby is no judge: what it has not replayed is not therefore rolled back. Locks: none. Repeatable.
 */
export const transactionProgress = statement({ standby: 'bool', status: 'text?' })`
select pg_is_in_recovery() as standby, pg_xact_status($1::text::xid8) as status`;

/**
 * Tells whether an emission is stored. $1 its id. Locks: none. Repeatable. Index: the primary key.
 * A statement of its own, after the one above: its snapshot is taken when the transaction is known to have ended.
 */
export const isEmissionStored = statement({ stored: 'bool' })`
select exists (select from signalbox.emission where id = $1::text::uuid) as stored`;

/**
 * Finds the runs that are recorded as completed. $1: [{id, epoch, worker_id, emission_id, receiver_id}] as JSON.
 * Returns their ids. Epoch and worker are of one claim only, so the row is that claimant's own. Locks: none.
 * Repeatable.
 * Index: settled_emission_receiver.
 */
export const completedRuns = statement({ id: 'text' })`
select s.id::text as id
from jsonb_to_recordset($1::text::jsonb) as r(id bigint, epoch int, worker_id int, emission_id uuid, receiver_id int)
join signalbox.settled s on s.emission_id = r.emission_id and s.receiver_id = r.receiver_id
where s.id = r.id and s.epoch = r.epoch and s.worker_id = r.worker_id and s.state = 'completed'`;
