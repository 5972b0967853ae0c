// Statements for the tests of applications. None of them belongs to production.
import { statement } from '../../drivers/statement.ts';
import { ms } from '../times.ts';

/**
 * Moves all that happened, and all that waits, this many ms back, in one statement: what was due in that time is due now. Leases stay: the
 * workers that hold them are alive. $1 how many. Locks: every row of delivery, settled, delivery_error and emission. Reads all of them.
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
)
select ((select count(*) from deliveries) + (select count(*) from finished) + (select count(*) from errors) + (select count(*) from emitted))::int as moved`;

/**
 * The receivers that have deliveries which run or are due, with how many of each. Locks nothing. Reads delivery whole.
 */
export const unfinished = statement({ receiver: 'text', running: 'int', due: 'int' })`
select r.name as receiver, count(*) filter (where d.state = 'running')::int as running, count(*) filter (where d.state = 'ready')::int as due
from signalbox.delivery d join signalbox.receiver r on r.id = d.receiver_id
where d.state = 'running' or d.run_at <= statement_timestamp()
group by r.name order by r.name`;
