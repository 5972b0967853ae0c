// Injects the faults. Each reports the processes that it hit, and does not count if there was nothing to hit.
import { setTimeout as pause } from 'node:timers/promises';
import type postgres from 'postgres';
import type { RunningPgBouncer } from '../support/pgbouncer.ts';
import type { RunningPostgres } from '../../src/testing/postgres/launch.ts';
import type { Child, Span } from './child.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { Operator } from './operator.ts';
import { LEASE_MS } from './programs/timing.ts';
import type { Proxy } from './proxy.ts';

/** An injected fault, and the processes that it hit. */
export interface Done {
  readonly kind: FaultKind;
  /** Milliseconds of the epoch. */
  readonly at: number;
  /** Processes whose deliveries are in danger. */
  readonly pids: readonly number[];
}

export interface Targets {
  readonly fleet: Fleet;
  readonly server: RunningPostgres;
  readonly proxy: Proxy;
  /** A connection that does not go through the proxy. */
  readonly sql: postgres.Sql;
  /** When PostgreSQL was down. */
  readonly away: Span[];
  readonly pooler: RunningPgBouncer | undefined;
  /** When the pooler was down. */
  readonly poolerAway: Span[];
  readonly operator: Operator;
}

export async function inject(fault: Fault, targets: Targets, done: (done: Done) => void): Promise<void> {
  const hit: Hit = (children) => {
    if (children === 'deliveries') done({ kind: fault.kind, at: Date.now(), pids: [] });
    else if (children.length > 0) done({ kind: fault.kind, at: Date.now(), pids: children.map(({ pid }) => pid) });
  };
  await ACTIONS[fault.kind](targets, fault, hit);
}

/**
 * Called when a fault strikes, with the processes whose deliveries are in danger; a fault of deliveries endangers none.
 */
type Hit = (children: readonly Child[] | 'deliveries') => void;
/** Ends when the fault has ended. */
type Action = (targets: Targets, fault: Fault, hit: Hit) => Promise<void>;

const EXHAUSTED_MS = 1_000;
const LONGEST_ABSENCE_MS = 1_500;
const MOST_BACKENDS = 4;
const MOST_CUT = 0.6;
const LONGEST_SILENCE_MS = 4_000;
/** How long a planned loss waits for a statement that it applies to. */
const PATIENCE_MS = 3_000;

const ACTIONS: Record<FaultKind, Action> = {
  kill: async ({ fleet }, fault, hit) => {
    const victims = oneOf(fleet.sound(), fault);
    for (const victim of victims) victim.kill();
    hit(victims);
  },

  freeze: async ({ fleet }, fault, hit) => {
    const victims = oneOf(fleet.sound(), fault);
    for (const victim of victims) victim.freeze();
    hit(victims);
    await pause(LEASE_MS * (1.5 + 1.5 * fault.force));
    for (const victim of victims) victim.thaw();
  },

  stall: async ({ fleet }, fault, hit) => {
    const victims = oneOf(fleet.sound('worker'), fault);
    for (const victim of victims) victim.stall(LEASE_MS);
    hit(victims);
    await pause(LEASE_MS * (2 + 2 * fault.force));
    for (const victim of victims) victim.thaw();
  },

  terminate: async ({ fleet }, fault, hit) => {
    const victims = oneOf(
      fleet.sound('worker').filter(({ isStarted }) => isStarted),
      fault,
    );
    for (const victim of victims) fleet.terminate(victim);
    hit(victims);
  },

  backend: async ({ fleet, sql }, fault, hit) => {
    const many = 1 + Math.floor(fault.force * MOST_BACKENDS);
    const rows = await sql<{ pid: number }[]>`
      select substring(application_name from 7)::int as pid, pg_terminate_backend(pid) from pg_stat_activity
      where application_name like 'chaos-%' order by random() limit ${many}`.catch(() => []);
    hit(
      childrenOf(
        fleet,
        rows.map(({ pid }) => pid),
      ),
    );
  },

  cut: async ({ fleet, proxy }, fault, hit) => hit(childrenOf(fleet, proxy.cut(fault.force * MOST_CUT))),

  commit: async ({ fleet, proxy }, _fault, hit) => hit(childrenOf(fleet, await proxy.swallowCommit(PATIENCE_MS))),

  answer: async ({ fleet, proxy }, _fault, hit) => hit(childrenOf(fleet, await proxy.swallowAnswer(PATIENCE_MS))),

  exhaust: async ({ fleet }, fault, hit) => {
    const victims = oneOf(fleet.sound('worker'), fault);
    for (const victim of victims) victim.tell(`exhaust ${EXHAUSTED_MS}`);
    hit(victims);
    await pause(EXHAUSTED_MS);
  },

  postgres: async ({ fleet, server, away }, fault, hit) => {
    if (away.at(-1)?.until === Infinity) return;
    const span: Span = { from: Date.now(), until: Infinity };
    away.push(span);
    process.kill(server.pid, 'SIGKILL');
    hit(fleet.sound('worker'));
    await pause(fault.force * LONGEST_ABSENCE_MS);
    await server.restart();
    span.until = Date.now();
  },

  pooler: async ({ fleet, pooler, poolerAway }, fault, hit) => {
    if (!pooler || poolerAway.at(-1)?.until === Infinity) return;
    const span: Span = { from: Date.now(), until: Infinity };
    poolerAway.push(span);
    await pooler.kill();
    hit(fleet.sound('worker').filter(({ isPooled }) => isPooled));
    await pause(fault.force * LONGEST_ABSENCE_MS);
    await pooler.start();
    span.until = Date.now();
  },

  notify: async ({ proxy }, fault, hit) => {
    if ((await proxy.withholdNotifications((0.25 + 0.75 * fault.force) * LONGEST_SILENCE_MS)) > 0) hit('deliveries');
  },

  operate: async ({ operator }, fault, hit) => {
    // PostgreSQL may be down.
    if ((await operator.operate(fault.force, fault.target).catch(() => 0)) > 0) hit('deliveries');
  },
};

function oneOf(children: readonly Child[], { target }: Fault): Child[] {
  const child = children[Math.floor(target * children.length)];
  return child ? [child] : [];
}

const childrenOf = (fleet: Fleet, pids: readonly number[]): Child[] => fleet.children.filter(({ pid }) => pids.includes(pid));
