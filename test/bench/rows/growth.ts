// The rates when the tables are not empty: each as a share of the rate of the same system on empty tables, measured
// right before.
import { setTimeout as pause } from 'node:timers/promises';
import type postgres from 'postgres';
import type { Database } from '../server.ts';
import { textOf } from '../payload.ts';
import type { Sample } from '../stats.ts';
import { type Seed, liveTables, seeds } from '../systems/seeds.ts';
import { SYSTEMS } from '../systems/system.ts';
import { drainRate, fill } from './drain.ts';
import type { Round, Row } from './row.ts';

const DELIVERIES = 60_000;
const QUICK_DELIVERIES = 2_000;
const CLIENTS = 8;
const UPDATED_ROWS = 10_000;
const SMALL = 100;
/** Bytes of payload that are stored for a drain, and by one transaction. */
const MOST_STORED = 1e8;
const MOST_AT_ONCE = 1e7;

interface Rates {
  readonly emit: number;
  readonly drain: number;
}

/** Both rates in a database that `prepare` has filled; the resource that it returns is released in the end. */
async function rates(
  round: Round,
  options: { filler?: string; receivers?: number } = {},
  prepare?: (database: Database) => Promise<(() => Promise<void>) | void>,
): Promise<Rates> {
  const database = await round.database();
  const sender = round.child();
  await sender.call('openSender', database.url, CLIENTS);
  for (const topic of ['noop', 'fan1'] as const) await sender.call('emitTimes', topic, 1);
  const release = await prepare?.(database);
  const { filler, receivers } = options;
  const size = filler?.length ?? 1;
  const count = Math.min(round.scale.quick ? QUICK_DELIVERIES : DELIVERIES, MOST_STORED / size);
  const emits = { topic: 'fan2', clients: CLIENTS, ...(filler !== undefined && { payload: { value: 1, filler } }) } as const;
  await sender.call('emitFor', { ...emits, ms: 500 });
  const ms = round.scale.quick ? 1_000 : 4_000;
  const emitted = await sender.call('emitFor', { ...emits, ms });
  await sender.call('closeSender');
  await sender.kill();
  await fill(round, database, 'noop', count, filler, { settle: release === undefined, atOnce: Math.min(1_000, MOST_AT_ONCE / size) });
  // Where a vacuum would remove the rows that are to be measured, the planner still gets statistics, as for the empty
  // tables.
  if (release !== undefined) await database.sql`analyze`;
  const { rate: drain } = await drainRate(round, database, { work: 'noop', processes: 1, count, receivers });
  await release?.();
  return { emit: (emitted.count * 1_000) / ms, drain };
}

function shares(what: string, empty: Rates, grown: Rates): Sample[] {
  return (['emit', 'drain'] as const).map((rate) => ({
    row: `${rate}, ${what}`,
    unit: '× of empty',
    better: 'higher',
    value: grown[rate] / empty[rate],
  }));
}

const told = (count: number): string => (count >= 1e6 ? `${count / 1e6}M` : `${count / 1e3}k`);
const systemsWith = (seed: Seed): Row['systems'] => SYSTEMS.filter((system) => seeds[system][seed] !== undefined);

function seeded(seed: Seed, count: number, what: string): Row {
  return {
    name: `${told(count)} ${seed}`,
    what: `${what} Count times --scale. Then 8 loops emit to 2 receivers for 4 s, and ${told(DELIVERIES)} deliveries of receivers that do nothing are drained.`,
    systems: systemsWith(seed)!,
    run: async (round) => {
      const rows = Math.round(count * round.scale.growth);
      const empty = await rates(round);
      const grown = await rates(round, {}, async ({ sql, settle }) => {
        await sql.unsafe(seeds[round.system][seed]!, [rows]);
        await settle();
      });
      return shares(`${told(rows)} ${seed}`, empty, grown);
    },
  };
}

const snapshot: Row = {
  name: 'old snapshot',
  what: 'A transaction with a snapshot stays open for a minute (in --quick 10 s) while 8 loops emit and a backlog is drained, and during what is measured: nothing that is deleted can be vacuumed.',
  run: async (round) => {
    const empty = await rates(round);
    const grown = await rates(round, {}, async (database) => {
      const holder = await database.sql.reserve();
      await holder`begin isolation level repeatable read`;
      await holder`select count(*) from purchase`;
      const churn = round.scale.quick ? QUICK_DELIVERIES : DELIVERIES;
      const until = performance.now() + (round.scale.quick ? 10_000 : 60_000);
      while (performance.now() < until) {
        await fill(round, database, 'noop', churn, undefined, { settle: false });
        await drainRate(round, database, { work: 'noop', processes: 1, count: churn });
      }
      return () => letGo(holder);
    });
    return shares('old snapshot', empty, grown);
  },
};

async function letGo(holder: postgres.ReservedSql): Promise<void> {
  await holder`rollback`;
  holder.release();
}

const updates: Row = {
  name: 'updates without vacuum',
  what: `A million times --scale updates of ${told(UPDATED_ROWS)} scheduled deliveries (their time, as retries do), with autovacuum off for their table.`,
  systems: systemsWith('updated')!,
  run: async (round) => {
    const empty = await rates(round);
    const grown = await rates(round, {}, async ({ sql }) => {
      const { scheduled, updated } = seeds[round.system];
      await sql.unsafe(`alter table ${liveTables[round.system]} set (autovacuum_enabled = false)`);
      await sql.unsafe(scheduled!, [UPDATED_ROWS]);
      for (let time = 0; time < (1e6 * round.scale.growth) / UPDATED_ROWS; time += 1) await sql.unsafe(updated!);
      // Not settled: a vacuum would remove the rows that are to be measured.
      return () => pause(0);
    });
    return shares(`${told(1e6 * round.scale.growth)} updates without vacuum`, empty, grown);
  },
};

const payloads: Row = {
  name: 'payload',
  what: `Payloads of 1 kB, 10 kB and 100 kB of words, numbers and ids, as a share of the rates with ${SMALL} bytes.`,
  run: async (round) => {
    const small = await rates(round, { filler: textOf(SMALL) });
    const samples: Sample[] = [];
    for (const size of [1_000, 10_000, 100_000])
      samples.push(...shares(`payload of ${told(size)}B`, small, await rates(round, { filler: textOf(size) })));
    return samples;
  },
};

const receivers: Row = {
  name: 'receivers',
  what: 'The worker has 10, 100 or 1,000 receivers, of which one gets deliveries; as a share of the rates with one.',
  systems: ['signalbox', 'graphile-worker'],
  run: async (round) => {
    const one = await rates(round);
    const samples: Sample[] = [];
    for (const count of [10, 100, 1_000])
      samples.push(
        ...shares(`${count} receivers`, one, await rates(round, { receivers: count })).filter(({ row }) => row.startsWith('drain')),
      );
    return samples;
  },
};

export const growthRows: readonly Row[] = [
  seeded('completed', 10_000, 'Completed deliveries are kept. (graphile-worker and the floor keep none.)'),
  seeded('completed', 1_000_000, 'Completed deliveries are kept. (graphile-worker and the floor keep none.)'),
  seeded('scheduled', 1_000_000, 'Deliveries wait for tomorrow.'),
  seeded('dead', 100_000, 'Deliveries have failed for good.'),
  seeded('orphaned', 100_000, 'Deliveries are due whose receiver no worker has.'),
  snapshot,
  updates,
  receivers,
  payloads,
];

/** Only on request: it takes long, and much disk. */
export const hugeRows: readonly Row[] = [seeded('completed', 10_000_000, 'Completed deliveries are kept.')];
