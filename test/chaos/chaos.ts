// One chaos run: a database, a fleet on it, faults for a while, then quiet until all deliveries are done, and the
// verdict.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { launchPgBouncer, pgBouncerVersion } from '../support/pgbouncer.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { check, type Violation } from '../evidence/checker.ts';
import type { Span } from './child.ts';
import type { Change, Evidence } from '../evidence/evidence.ts';
import { FAULT_KINDS, type FaultKind, planFaults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { type Done, inject } from './inject.ts';
import { historiesOf } from '../evidence/history.ts';
import { openOperator } from './operator.ts';
import { RECEIVERS } from './programs/receivers.ts';
import { LEASE_MS } from './programs/timing.ts';
import { startProxy } from './proxy.ts';
import { checkTallies, type Tallied, type TallyVerdict } from './tallies.ts';
import { falseRescuesOf, type Lifetime, recoveriesOf, type Recovery } from './recovery.ts';
import { readSenderLogs } from './sender-log.ts';
import { prepareTables, readTables } from '../evidence/tables.ts';

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly workers?: number;
  readonly senders?: number;
  readonly pauseMs?: number;
  /** Default: all kinds. */
  readonly kinds?: readonly FaultKind[];
  /** Called for each line of progress. */
  say?(line: string): void;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
  readonly faults: readonly Done[];
  readonly recoveries: readonly Recovery[];
  /** In words. */
  readonly falseRescues: readonly string[];
  readonly rescues: number;
  readonly tallied: TallyVerdict;
  readonly drainMs: number;
}

/**
 * The settings of an application whose database may be down for a while: the default is to try again only every 15 s.
 */
const POOLER_SETTINGS = { server_login_retry: '0.2' };
/** With more deliveries waiting, the senders wait, too: else the run would measure the queue. */
const MOST_LIVE = 150;
const PACE_MS = 500;
const PROGRESS_MS = 5_000;
const LONGEST_DRAIN_MS = 90_000;
/**
 * If no delivery changes for this time while some are left, none will: it is the time of many leases, polls and
 * retries.
 */
const STILLNESS_MS = 15_000;

export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seconds, seed, say = () => {} } = options;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-chaos-'));
  await using server = await launchPostgres({
    inMemory: true,
    settings: { fsync: 'off', max_connections: '150', dynamic_shared_memory_type: 'mmap' },
  });
  const sql = postgres(server.url, { max: 2, onnotice: () => {} });
  await prepareTables(sql);
  if (pgBouncerVersion === undefined) say('PgBouncer is not installed: nobody goes through a pooler');
  await using pooler = pgBouncerVersion === undefined ? undefined : await launchPgBouncer(server.url, { settings: POOLER_SETTINGS });
  await using proxy = await startProxy([server.port, ...(pooler ? [pooler.port] : [])]);
  const [directUrl, pooledUrl] = proxy.ports.map((port) => server.url.replace(`:${server.port}/`, `:${port}/`));
  const operator = openOperator(server.url);
  const fleet = new Fleet({
    url: directUrl!,
    pooledUrl,
    seed,
    workers: options.workers ?? 4,
    senders: options.senders ?? 2,
    pauseMs: options.pauseMs ?? 150,
    logOf: (name) => path.join(folder, `${name}.log`),
  });
  try {
    await fleet.start();
    const faults: Done[] = [];
    const progress = setInterval(() => void counts(sql).then((text) => say(`${text}, ${faults.length} faults`)), PROGRESS_MS);
    const pacing = setInterval(() => void pace(fleet, sql), PACE_MS);
    const away: Span[] = [];
    const poolerAway: Span[] = [];
    const targets = { fleet, server, proxy, sql, away, pooler, poolerAway, operator };
    const kinds = (options.kinds ?? FAULT_KINDS).filter((kind) => pooler !== undefined || kind !== 'pooler');
    const startedAt = Date.now();
    const pending: Promise<unknown>[] = [];
    for (const fault of planFaults(seed, seconds * 1_000, kinds)) {
      await pause(Math.max(0, startedAt + fault.at - Date.now()));
      pending.push(inject(fault, targets, (done) => faults.push(done)));
    }
    await pause(Math.max(0, startedAt + seconds * 1_000 - Date.now()));
    await Promise.all(pending);
    say('no more faults; waiting until all is done');
    clearInterval(pacing);
    await fleet.endSenders();
    const drainMs = await drain(sql);
    clearInterval(progress);
    const runs = await fleet.runs();
    const tables = await readTables(sql);
    const sound = await fleet.endWorkers();
    const tallies = await readTallies(sql);
    const sent = await readSenderLogs(fleet.senderLogs);
    const evidence: Evidence = { ...tables, sent, receivers: RECEIVERS, runs, misbehaviours: fleet.misbehaviours };
    const { changes, pids } = evidence;
    const lives = lifetimesOf(fleet, faults, away, poolerAway);
    const endings = lives.flatMap(({ pid, excused }, index) => {
      const child = fleet.children[index]!;
      const at = Math.min(child.endedAt, child.killedAt);
      const { failedWrites } = child;
      return child.program === 'worker'
        ? [{ pid, label: fleet.labelOf(child), at, isSound: sound.includes(child), away: excused, failedWrites }]
        : [];
    });
    const tallied = checkTallies({ changes, pids, tallies, endings });
    const pooledPids = new Set(fleet.children.filter(({ isPooled }) => isPooled).map(({ pid }) => pid));
    return {
      violations: [...check(evidence), ...tallied.violations],
      tallied,
      evidence,
      faults,
      recoveries: recoveriesOf(changes, faults, pids, (pid) => pooledPids.has(pid), away),
      falseRescues: falseRescuesOf(changes, lives, pids, LEASE_MS).map((change) =>
        describeRescue(change, pids.get(change.heldBy!)!, fleet, faults),
      ),
      rescues: [...historiesOf(changes).values()].flat().filter(({ transition }) => transition === 'rescue').length,
      drainMs,
    };
  } finally {
    fleet.killAll();
    await operator.close();
    await sql.end({ timeout: 1 });
    await rm(folder, { recursive: true, force: true });
  }
}

async function pace(fleet: Fleet, sql: postgres.Sql): Promise<void> {
  const [now] = await sql<{ live: number }[]>`select count(*)::int as live from signalbox.delivery`.catch(() => []);
  if (now) for (const sender of fleet.sound('sender')) sender.tell(now.live > MOST_LIVE ? 'hold' : 'go');
}

/** Waits until no delivery is live, or no worker changes those that are. */
async function drain(sql: postgres.Sql): Promise<number> {
  const startedAt = Date.now();
  let lastChange = '';
  let changedAt = startedAt;
  while (Date.now() - startedAt < LONGEST_DRAIN_MS && Date.now() - changedAt < STILLNESS_MS) {
    const [now] = await sql<{ live: number; change: string }[]>`
      select (select count(*)::int from signalbox.delivery) as live, (select coalesce(max(seq), 0)::text from change) as change`.catch(
      () => [],
    );
    if (!now) continue;
    if (now.live === 0) break;
    if (now.change !== lastChange) changedAt = Date.now();
    lastChange = now.change;
    await pause(100);
  }
  return Date.now() - startedAt;
}

async function readTallies(sql: postgres.Sql): Promise<readonly Tallied[]> {
  return sql<Tallied[]>`
    select worker_id as "workerId", outcome, sum(n)::int as n from signalbox.tally group by worker_id, outcome`;
}

async function counts(sql: postgres.Sql): Promise<string> {
  try {
    const [now] = await sql<{ emissions: number; live: number; settled: number }[]>`
      select (select count(*)::int from signalbox.emission) as emissions, (select count(*)::int from signalbox.delivery) as live,
        (select count(*)::int from signalbox.settled) as settled`;
    return `${now!.emissions} emissions, ${now!.live} deliveries live, ${now!.settled} settled`;
  } catch {
    return 'the database is away';
  }
}

/** A worker that is frozen, or has no connection, no database or no way to it, cannot renew its lease. */
function lifetimesOf(fleet: Fleet, faults: readonly Done[], away: readonly Span[], poolerAway: readonly Span[]): Lifetime[] {
  const exhausted = faults.filter(({ kind }) => kind === 'exhaust');
  return fleet.children.map(({ pid, isPooled, endedAt, killedAt, askedAt, frozen }) => ({
    pid,
    until: Math.min(endedAt, killedAt, askedAt),
    excused: [
      ...frozen,
      ...away,
      ...(isPooled ? poolerAway : []),
      ...exhausted.filter(({ pids }) => pids.includes(pid)).map(({ at }) => ({ from: at, until: at + LEASE_MS })),
    ],
  }));
}

/** The faults that hit the process before its delivery was rescued. */
function describeRescue({ deliveryId, heldBy, at }: Change, pid: number, fleet: Fleet, faults: readonly Done[]): string {
  const child = fleet.children.find((one) => one.pid === pid)!;
  const before = faults.filter((fault) => fault.pids.includes(pid) && fault.at <= at && fault.at > at - 3 * LEASE_MS);
  const told = before.map(({ kind, at: struck }) => `${kind} ${Math.round(at - struck)} ms before`).join(', ');
  return `delivery ${deliveryId} from worker ${heldBy}, ${fleet.labelOf(child)}, process ${pid}: ${told || 'no fault struck it'}`;
}
