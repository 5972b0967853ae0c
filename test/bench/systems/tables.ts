// Shows the harness from outside how far a system is. Deliveries that are scheduled for later, dead, or orphaned do not
// count.
import type { SystemName, SystemTables } from './system.ts';

const SERVED = ['noop', 'write', 'once', 'shared', 'drizzle', 'batch'];
const served = (suffix: string): string => SERVED.map((topic) => `'${topic}${suffix}'`).join(', ');

export const tables: Record<SystemName, SystemTables> = {
  signalbox: {
    // Counts only the newest rows, as many as were filled in: under an old snapshot, reading all would take longer than
    // the drain.
    left: `
      select count(*)::int as n from (
        select from signalbox.delivery d join signalbox.receiver r on r.id = d.receiver_id
        where d.id > (select last_value - 100000 from signalbox.delivery_id_seq) and d.run_at <= now() and r.name in (${served('.r0')})
        order by d.id desc limit 1
      ) due`,
    waiting: `select count(*)::int as n from signalbox.delivery where state = 'ready'`,
  },
  'graphile-worker': {
    left: `
      select count(*)::int as n from (
        select from graphile_worker._private_jobs where run_at <= now() and attempts <= max_attempts and locked_at is not null
        union all
        select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where j.is_available and j.run_at <= now() and t.identifier in (${served('_0')}) limit 1
      ) due`,
    waiting: `select count(*)::int as n from graphile_worker._private_jobs where locked_at is null`,
  },
  'pg-boss': {
    left: `select count(*)::int as n from (
      select from pgboss.job where state < 'completed' and start_after <= now() and name in (${served('_0')}) limit 1) due`,
    waiting: `select count(*)::int as n from pgboss.job where state < 'active'`,
  },
  floor: {
    left: `select count(*)::int as n from (select from floor.job where topic in (${served('')}) limit 1) due`,
    waiting: `select count(*)::int as n from floor.job`,
  },
};
