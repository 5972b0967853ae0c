// How the harness sees from outside how far a system is.
import type { SystemName, SystemTables } from './system.ts';

export const tables: Record<SystemName, SystemTables> = {
  signalbox: {
    left: `select count(*)::int as n from signalbox.delivery`,
    waiting: `select count(*)::int as n from signalbox.delivery where state = 'ready'`,
  },
  'graphile-worker': {
    left: `select count(*)::int as n from graphile_worker._private_jobs`,
    waiting: `select count(*)::int as n from graphile_worker._private_jobs where locked_at is null`,
  },
  'pg-boss': {
    left: `select count(*)::int as n from pgboss.job where state < 'completed'`,
    waiting: `select count(*)::int as n from pgboss.job where state < 'active'`,
  },
  floor: {
    left: `select count(*)::int as n from floor.job`,
    waiting: `select count(*)::int as n from floor.job`,
  },
};
