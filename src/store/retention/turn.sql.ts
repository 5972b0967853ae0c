// The SQL by which the workers of a cluster take turns at a maintenance task, and by which a task remembers how far it came.
//
// It is an economy: workers that do the same side by side waste work, and each would work in the rests of the others. No task may rely
// on being alone: a turn that lasts longer than its period is not the only one.
import { statement } from '../../drivers/statement.ts';
import { micros, ms } from '../times.ts';

const NOW = micros('statement_timestamp()');

/**
 * Takes a turn at a task, unless a worker of the cluster was at it within a period. $1 the task, $2 the period in ms, $3 how long a pass
 * goes on from where the last turn came, in ms: after that a new one begins at the start. Returns where to go on, or no row.
 * Locks: the row of the task, for which it waits while another takes its turn, and then finds it taken. Index: the primary key.
 */
export const takeTurn = statement({ after: 'text?' })`
insert into signalbox.maintenance_task as t (name, cursor, ran_at)
values ($1::text, pg_catalog.jsonb_build_object('began', ${NOW}), statement_timestamp())
on conflict (name) do update set ran_at = statement_timestamp(),
  cursor = case when (t.cursor ->> 'began'::text)::int8 > ${micros(`(statement_timestamp() - ${ms('$3')})`)} then t.cursor
    else excluded.cursor end
where t.ran_at <= statement_timestamp() - ${ms('$2')}
returning t.cursor ->> 'after'::text as after`;

/**
 * Notes how far the pass of a task has come, in the transaction of what it did. $1 the task, $2 the last id that it has passed.
 * Locks: the row of the task. Repeatable. Index: the primary key.
 */
export const moveCursor = statement({})`
update signalbox.maintenance_task t
set ran_at = statement_timestamp(), cursor = t.cursor || pg_catalog.jsonb_build_object('after', $2::text)
where t.name = $1::text`;
