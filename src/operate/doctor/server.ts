// Judges the server and the way to it: its version, whether it takes writes, its clock, its connections, what stands between.
import type { ServerState, WorkersAlive } from '../../store/doctor/doctor-store.ts';
import { broken, count, type Finding, ok, time, warning } from './finding.ts';

const OLDEST_SERVER = 150_000;
const CLOCK_WARNING_MS = 2_000;
/** What a worker of the usual concurrency needs. */
const USUAL_POOL = 12;
/** One receiver at a time, and two for the worker itself. */
const LEAST_POOL = 3;
const CROWDED = 0.8;

export interface ServerFacts {
  readonly server: ServerState;
  /** As `user@host:port/database`. */
  readonly place: string;
  readonly driver: string;
  /** The most connections of this process's pool; undefined for a single session. */
  readonly pool: number | undefined;
  readonly hasReceivers: boolean;
  readonly pooled: boolean | undefined;
  readonly prepares: boolean;
  /** Undefined where they cannot be read. */
  readonly workers: WorkersAlive | undefined;
}

export function judgeServer(facts: ServerFacts): Finding[] {
  return [version(facts), writes(facts), clock(facts), pool(facts), connections(facts), pooler(facts)];
}

function version({ server, place }: ServerFacts): Finding {
  return server.version < OLDEST_SERVER
    ? broken(
        'server',
        `The server is PostgreSQL ${server.version_name}; Signalbox needs 15 or later.`,
        'Upgrade it: docs/operating/moving.md',
      )
    : ok('server', `PostgreSQL ${server.version_name}, ${place}.`);
}

function writes({ server }: ServerFacts): Finding {
  if (server.in_recovery)
    return broken('writes', 'The server is a standby: it takes no writes.', 'Give the box the address of the primary.');
  return server.read_only
    ? broken(
        'writes',
        'Transactions are read-only here.',
        'alter database … reset default_transaction_read_only; -- or alter role … reset …',
      )
    : ok('writes', 'The database takes writes.');
}

function clock({ server: { ahead } }: ServerFacts): Finding {
  const by = Math.abs(ahead.ms) - ahead.give;
  return by < CLOCK_WARNING_MS
    ? ok('clock', `This clock and the database's are ${Math.max(0, Math.round(by))} ms apart.`)
    : warning(
        'clock',
        `This clock is ${time(by / 1_000)} ${ahead.ms > 0 ? 'behind' : 'ahead of'} the database's: emissions of this machine are listed out of their order, and lie in the wrong partition.`,
        'timedatectl set-ntp true',
      );
}

function pool({ pool, hasReceivers, driver }: ServerFacts): Finding {
  if (pool === undefined) return ok('pool', `A single session of ${driver}: one thing at a time.`);
  if (pool < LEAST_POOL && hasReceivers)
    return broken(
      'pool',
      `The pool has ${count(pool, 'connection')}, and a worker needs ${LEAST_POOL} at least.`,
      `Give the pool more: max: ${USUAL_POOL}`,
    );
  return pool < USUAL_POOL && hasReceivers
    ? warning(
        'pool',
        `The pool has ${count(pool, 'connection')}: a worker runs ${count(pool - 2, 'receiver')} at once, and not the usual ten.`,
        `Give the pool more: max: ${USUAL_POOL}`,
      )
    : ok('pool', `The pool has ${count(pool, 'connection')}.`);
}

function connections({ server, pool = 1, workers }: ServerFacts): Finding {
  const { sessions, most_sessions: most } = server;
  const remedy = 'Lower `max` of the pools, use a pooler, or raise max_connections.';
  if (sessions >= most * CROWDED) return warning('connections', `${sessions} of ${most} connections are taken.`, remedy);
  const wanted = (workers?.processes ?? 0) * pool;
  return wanted > most
    ? warning(
        'connections',
        `${count(workers!.processes, 'process', 'processes')} of workers with pools of ${pool} may want ${wanted} connections; the server has ${most}.`,
        remedy,
      )
    : ok('connections', `${sessions} of ${most} connections are taken.`);
}

function pooler({ pooled, prepares }: ServerFacts): Finding {
  if (!pooled)
    return ok('pooler', pooled === undefined ? 'Whether a pooler stands between cannot be seen here.' : 'The connection is direct.');
  return prepares
    ? warning(
        'pooler',
        'A pooler stands between, and statements are prepared: in transaction mode that needs PgBouncer 1.21 or later with max_prepared_statements. Dead workers are found by their lease alone.',
        'createSignalbox({ prepare: false }), for an older pooler; or give workers a direct connection: docs/guides/drivers.md',
      )
    : ok('pooler', 'A pooler stands between, and statements are not prepared. Dead workers are found by their lease alone.');
}
