// One chaos run: a database, a fleet on it, faults for a while, then peace until all is done, and the verdict.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { launchPostgres } from '../support/postgres/launch.ts';
import { check, type Violation } from './checker.ts';
import type { Span } from './child.ts';
import type { Evidence } from './evidence.ts';
import { type FaultKind, planFaults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { type Done, inject } from './inject.ts';
import { livesOf } from './life.ts';
import { RECEIVERS } from './programs/receivers.ts';
import { LEASE_MS } from './programs/timing.ts';
import { startProxy } from './proxy.ts';
import { falseRescuesOf, type Lifetime, recoveriesOf } from './recovery.ts';
import { readSenderLogs } from './sender-log.ts';
import { prepareTables, readTables } from './tables.ts';

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly workers?: number;
  readonly senders?: number;
  readonly pauseMs?: number;
  /** All when not given. */
  readonly kinds?: readonly FaultKind[];
  /** Called for each line of progress. */
  say?(line: string): void;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
  readonly faults: readonly Done[];
  readonly recoveries: ReadonlyMap<FaultKind, readonly number[]>;
  readonly falseRescues: number;
  readonly rescues: number;
  readonly drainMs: number;
}

const PROGRESS_MS = 5_000;
const LONGEST_DRAIN_MS = 90_000;
/** Peace for so long with work left means that nobody will do it: many leases, polls and retries. */
const STILLNESS_MS = 15_000;

export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seconds, seed, say = () => {} } = options;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-chaos-'));
  await using server = await launchPostgres({ settings: { fsync: 'off', max_connections: '150' } });
  const sql = postgres(server.url, { max: 2, onnotice: () => {} });
  await prepareTables(sql);
  await using proxy = await startProxy(server.port);
  const fleet = new Fleet({
    url: server.url.replace(`:${server.port}/`, `:${proxy.port}/`),
    seed,
    workers: options.workers ?? 4,
    senders: options.senders ?? 2,
    pauseMs: options.pauseMs ?? 60,
    logOf: (name) => path.join(folder, `${name}.log`),
  });
  try {
    await fleet.start();
    const faults: Done[] = [];
    const progress = setInterval(() => void counts(sql).then((text) => say(`${text}, ${faults.length} faults`)), PROGRESS_MS);
    const away: Span[] = [];
    const scene = { fleet, server, proxy, sql, away };
    const startedAt = Date.now();
    const pending: Promise<unknown>[] = [];
    for (const fault of planFaults(seed, seconds * 1_000, options.kinds)) {
      await pause(Math.max(0, startedAt + fault.at - Date.now()));
      pending.push(inject(fault, scene, (done) => faults.push(done)));
    }
    await pause(Math.max(0, startedAt + seconds * 1_000 - Date.now()));
    await Promise.all(pending);
    say('no more faults; waiting until all is done');
    await fleet.endSenders();
    const drainMs = await drain(sql);
    clearInterval(progress);
    const runs = await fleet.runs();
    const tables = await readTables(sql);
    await fleet.endWorkers();
    const sent = await readSenderLogs(fleet.senderLogs);
    const evidence: Evidence = { ...tables, sent, receivers: RECEIVERS, runs, misbehaviours: fleet.misbehaviours };
    const { acts, pids } = evidence;
    return {
      violations: check(evidence),
      evidence,
      faults,
      recoveries: recoveriesOf(acts, faults, pids),
      falseRescues: falseRescuesOf(acts, lifetimesOf(fleet, faults, away), pids, LEASE_MS).length,
      rescues: [...livesOf(acts).values()].flat().filter(({ arrow }) => arrow === 'rescue').length,
      drainMs,
    };
  } finally {
    fleet.killAll();
    await sql.end({ timeout: 1 });
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until no delivery is live, or nobody does anything about those that are. */
async function drain(sql: postgres.Sql): Promise<number> {
  const startedAt = Date.now();
  let lastAct = '';
  let actedAt = startedAt;
  while (Date.now() - startedAt < LONGEST_DRAIN_MS && Date.now() - actedAt < STILLNESS_MS) {
    const [now] = await sql<{ live: number; act: string }[]>`
      select (select count(*)::int from signalbox.delivery) as live, (select coalesce(max(seq), 0)::text from act) as act`.catch(() => []);
    if (!now) continue;
    if (now.live === 0) break;
    if (now.act !== lastAct) actedAt = Date.now();
    lastAct = now.act;
    await pause(100);
  }
  return Date.now() - startedAt;
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

/** Who is frozen, has no connection left or no database cannot renew its lease. */
function lifetimesOf(fleet: Fleet, faults: readonly Done[], away: readonly Span[]): Lifetime[] {
  const exhausted = faults.filter(({ kind }) => kind === 'exhaust');
  return fleet.children.map(({ pid, endedAt, killedAt, askedAt, frozen }) => ({
    pid,
    until: Math.min(endedAt, killedAt, askedAt),
    excused: [
      ...frozen,
      ...away,
      ...exhausted.filter(({ pids }) => pids.includes(pid)).map(({ at }) => ({ from: at, until: at + LEASE_MS })),
    ],
  }));
}
