// Draining: the rate at which workers run stored deliveries, with receivers that do nothing and with receivers that
// write.
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../protocol.ts';
import type { Database } from '../server.ts';
import type { Sample } from '../stats.ts';
import { BATCH, type Extended, type Settings, type Work } from '../systems/system.ts';
import { bestSettings } from './settings.ts';
import type { Round, Row } from './row.ts';

/** The share of the deliveries with which settings are tried. */
const TRIAL = 4;
const FILL_AT_ONCE = 1_000;
const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 10;

const ends =
  'The time runs from the first call of a receiver until no delivery is left in the tables. Before it the tables are vacuumed and analyzed. ' +
  'Each system has the best of its settings, which are tried at the begin of the run.';

function drains(name: string, work: Work, sizes: { quick: number; full: number }, what: string, systems?: Row['systems']): Row {
  return {
    name,
    what: `${what} ${ends}`,
    ...(systems === undefined ? {} : { systems }),
    run: async (round) => {
      const count = round.scale.quick ? sizes.quick : sizes.full;
      const samples: Sample[] = [];
      for (const processes of round.scale.quick ? [1] : [1, 2])
        samples.push(...(await drained(round, { row: `${name}, ${told(processes)}`, work, processes, count, search: true })));
      return samples;
    },
  };
}

export const told = (processes: number): string => `${processes} ${processes === 1 ? 'process' : 'processes'}`;

export interface Drained extends Draining {
  readonly row: string;
  /** Looks for the best settings of the system, once a run. */
  readonly search?: boolean;
}

/** Deliveries a second of a database of their own, and the CPU time of each. */
export async function drained(round: Round, { row, search = false, ...how }: Drained): Promise<Sample[]> {
  const once = async (settings: Settings | undefined, count = how.count): Promise<Drain> => {
    const database = await round.database(settings);
    await fill(round, database, how.work, count);
    return drainRate(round, database, { ...how, count, settings });
  };
  const { name: setting, settings } = search
    ? await bestSettings(round.system, how.work, async (tried) => (await once(tried, Math.ceil(how.count / TRIAL))).rate)
    : { name: undefined, settings: how.settings };
  const { rate, cpu } = await once(settings);
  const shown = setting === undefined ? {} : { setting };
  return [{ row, unit: 'deliveries/s', better: 'higher', value: rate, ...shown }, ...cpu(row)];
}

/** Stores deliveries in the same way as the system's own sender. */
export async function fill(
  { child }: Pick<Round, 'child'>,
  database: Database,
  work: Work,
  count: number,
  filler?: string,
  { settle = true, atOnce = FILL_AT_ONCE } = {},
): Promise<void> {
  const sender = child();
  await sender.call('openSender', database.url, 1);
  await sender.call('emitManyTimes', work, atOnce, Math.ceil(count / atOnce), filler);
  await sender.call('closeSender');
  await sender.kill();
  if (settle) await database.settle();
}

export interface Draining {
  readonly work: Work;
  readonly processes: number;
  readonly count: number;
  readonly receivers?: number | undefined;
  readonly extension?: Extended | undefined;
  readonly settings?: Settings | undefined;
}

export interface Drain {
  /** Stored deliveries per second. */
  readonly rate: number;
  /** The CPU time of a delivery, as a sample beside this row. */
  cpu(row: string): Sample[];
}

export async function drainRate(
  { child, tables, meter }: Pick<Round, 'child' | 'tables' | 'meter'>,
  { url, sql }: Database,
  { work, processes, count, receivers, extension, settings }: Draining,
): Promise<Drain> {
  const workers = Array.from({ length: processes }, child);
  // They are all loaded before the first one starts.
  await Promise.all(workers.map((worker) => worker.call('progress')));
  await Promise.all(workers.map((worker) => worker.call('startWorker', url, { work, receivers, extension, settings })));
  const deadline = now() + LIMIT_MS;
  const progress = async (): Promise<{ runs: number; firstAt: number }> => {
    const all = await Promise.all(workers.map((worker) => worker.call('progress')));
    const firsts = all.filter(({ runs }) => runs > 0).map(({ firstAt }) => firstAt);
    return { runs: all.reduce((sum, { runs }) => sum + runs, 0), firstAt: Math.min(...firsts) };
  };
  // Starting is not counted.
  const metered = await meter(workers);
  const before = (await progress()).runs;
  const left = async (): Promise<number> => ((await sql.unsafe(tables.left)) as unknown as [{ n: number }])[0].n;
  // The answer is the state at the time of the query.
  let askedAt = now();
  const isDone = async (): Promise<boolean> => {
    if ((await progress()).runs < count) return false;
    askedAt = now();
    return (await left()) === 0;
  };
  while (!(await isDone())) {
    if (now() > deadline) throw new Error(`${await left()} of ${count} deliveries are left after ${LIMIT_MS / 1_000} s.`);
    await pause(LOOK_EVERY_MS);
  }
  const seconds = (askedAt - (await progress()).firstAt) / 1_000;
  const cpu = await metered.per('', 'delivery', count - before);
  await Promise.all(workers.map((worker) => worker.call('stopWorker')));
  await Promise.all(workers.map((worker) => worker.kill()));
  return { rate: count / seconds, cpu: (row) => cpu.map((sample) => ({ ...sample, row: `${row}${sample.row}` })) };
}

export const drainNoop = drains(
  'drain no-op',
  'noop',
  { quick: 3_000, full: 100_000 },
  'Stored deliveries of receivers that do nothing, each run at least once: Signalbox with `transactional: false`; graphile-worker with a ' +
    'local queue and completions in batches; pg-boss in several workers with batches; the floor deletes 500 at a time, and runs them after.',
);

export const drainWrite = drains(
  'drain with a write',
  'write',
  { quick: 500, full: 10_000 },
  'Stored deliveries whose receiver inserts a row in a transaction of its own, each run at least once, 8 at once: Signalbox with ' +
    '`transactional: false` and a statement that Drizzle has prepared; pg-boss in 8 workers with batches.',
  ['signalbox', 'graphile-worker', 'pg-boss'],
);

export const drainOnce = drains(
  'drain once',
  'once',
  { quick: 500, full: 10_000 },
  'Stored deliveries whose receiver inserts a row, 8 at once. Signalbox and the floor: the row and the end of the delivery are one ' +
    'transaction. graphile-worker and pg-boss (in batches): at least once, each insert a transaction of its own, deliveries completed in batches.',
);

export const drainOnceShared = drains(
  'drain once, shared',
  'shared',
  { quick: 500, full: 10_000 },
  'The same for Signalbox with `share: 25`: deliveries that wait run one by one in one transaction, each in a savepoint. To be compared with the row before.',
  ['signalbox'],
);

export const drainOnceByDrizzle = drains(
  'drain once by Drizzle',
  'drizzle',
  { quick: 500, full: 10_000 },
  'The same for Signalbox; and the floor writes by hand what an application on Drizzle would: a transaction of Drizzle that deletes ' +
    'the job and inserts the row.',
  ['signalbox', 'floor'],
);

export const drainBatch = drains(
  'drain once, batches',
  'batch',
  { quick: 3_000, full: 50_000 },
  `The same, with the rows and the ends of up to ${BATCH} deliveries in one transaction: Signalbox with \`batch: ${BATCH}\`, and one insert for all of them; pg-boss with \`transactional: true\`; the floor by hand.`,
  ['signalbox', 'pg-boss', 'floor'],
);
