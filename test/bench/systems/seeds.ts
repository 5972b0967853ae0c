// Fills a database by SQL with the rows of a year. $1: their number. A few emissions to `noop` and `fan1` are there
// already.
// `noop` has a worker in these rows; `fan1` has none, so its due deliveries are orphaned.
import type { SystemName } from './system.ts';

export type Seed = 'completed' | 'scheduled' | 'dead' | 'orphaned' | 'updated';

const emissions = (signal: string): string => `
event as (
  insert into signalbox.emission (id, signal, version, payload, emitted_at)
  select uuidv7(), 'bench.${signal}', 1, '{"value":1}', now() - interval '1 day' from generate_series(1, $1::int) returning id
), r as (select id from signalbox.receiver where name = '${signal}.r0')`;

const settled = (state: string): string => `
with ${emissions('noop')}
insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
select nextval(pg_get_serial_sequence('signalbox.delivery', 'id')), event.id, r.id, 1, 0, '${state}', 1, 1, 0, now() from event, r`;

const live = (signal: string, runAt: string): string => `
with ${emissions(signal)}
insert into signalbox.delivery (emission_id, receiver_id, version, run_at) select event.id, r.id, 1, ${runAt} from event, r`;

const job = (task: string, columns: string, values: string): string => `
insert into graphile_worker._private_jobs (task_id, payload, ${columns})
select t.id, '{"value":1}', ${values} from graphile_worker._private_tasks t, generate_series(1, $1::int) where t.identifier = '${task}'`;

const boss = (queue: string, changes: string): string => `
insert into pgboss.job
select (jsonb_populate_record(null::pgboss.job, to_jsonb(j) || jsonb_build_object('id', gen_random_uuid(), ${changes}))).*
from (select * from pgboss.job where name = '${queue}' limit 1) j, generate_series(1, $1::int)`;

/** A seed is missing where a system has no table for it, or no comparison. */
export const seeds: Record<SystemName, Partial<Record<Seed, string>>> = {
  signalbox: {
    completed: settled('completed'),
    scheduled: live('noop', `now() + interval '1 day'`),
    dead: settled('dead'),
    orphaned: live('fan1', 'now()'),
    updated: `update signalbox.delivery set run_at = run_at + interval '1 millisecond' where run_at > now()`,
  },
  'graphile-worker': {
    scheduled: job('noop_0', 'run_at', `now() + interval '1 day'`),
    dead: job('noop_0', 'attempts, max_attempts', '1, 1'),
    orphaned: job('fan1_0', 'run_at', 'now()'),
    updated: `update graphile_worker._private_jobs set run_at = run_at + interval '1 millisecond' where run_at > now()`,
  },
  'pg-boss': {
    completed: boss('noop_0', `'state', 'completed', 'completed_on', now()`),
    scheduled: boss('noop_0', `'start_after', now() + interval '1 day'`),
    dead: boss('noop_0', `'state', 'failed', 'completed_on', now()`),
    orphaned: boss('fan1_0', `'state', 'created'`),
    updated: `update pgboss.job set start_after = start_after + interval '1 millisecond' where start_after > now() + interval '1 hour'`,
  },
  floor: {},
};

/** Tables that must not be vacuumed while their updates are measured. */
export const liveTables: Record<SystemName, string> = {
  signalbox: 'signalbox.delivery',
  'graphile-worker': 'graphile_worker._private_jobs',
  'pg-boss': 'pgboss.job_common',
  floor: 'floor.job',
};
