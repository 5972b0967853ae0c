// Measures retention: how fast a prune deletes, and what emits and a drain lose while one runs beside them.
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal, type Signalbox } from '../../src/index.ts';
import { RESTS_PER_BATCH } from '../../src/maintenance/tasks/prune.ts';
import { readMigrations } from '../support/migrations.ts';

const happened = defineSignal('pruning.happened', z.object({ value: z.number() }));

export interface PruningOptions {
  /** A server's database without tables. */
  readonly url: string;
  /** Emissions of the last 30 days, with two completed deliveries each; the oldest 23 days of them go. */
  readonly emissions: number;
  /** Emissions of a round beside a prune, and of one without; 0: no such rounds. */
  readonly beside: number;
  readonly rounds?: number;
}

export interface PruningReport {
  /** Emissions that went. */
  readonly emissions: number;
  readonly deliveries: number;
  /** Emissions a second. */
  readonly rate: number;
  /** The rates with a prune running, as shares of those without; the median of the rounds. */
  readonly emitShare: number;
  readonly drainShare: number;
}

const FILL_AT_ONCE = 200_000;
const SENDERS = 8;
const ROUNDS = 5;

export async function measurePruning({ url, emissions, beside, rounds = ROUNDS }: PruningOptions): Promise<PruningReport> {
  class Receiving {
    @OnSignal(happened)
    static async first(): Promise<void> {}
    @OnSignal(happened)
    static async second(): Promise<void> {}
  }
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  await sql.unsafe(await readMigrations());
  const client = postgres(url, { max: 14, onnotice: () => {}, fetch_types: false });
  const db = drizzle({ client });
  const box = createSignalbox({ db, services: [Receiving], log: false });
  // As another process has it: a pool of its own.
  const otherClient = postgres(url, { max: 2, onnotice: () => {}, fetch_types: false });
  const other = createSignalbox({ db: drizzle({ client: otherClient }), log: false });
  try {
    await fill(sql, emissions);
    const begun = performance.now();
    const gone = await other.prune();
    const rate = gone.emissions / ((performance.now() - begun) / 1_000);
    const shares: { emit: number; drain: number }[] = [];
    for (let round = 1; round <= (beside === 0 ? 0 : rounds); round++) {
      // Each comes first as often as second.
      const first = round % 2 === 0;
      const results = new Map<boolean, Rates>();
      for (const isPruning of [first, !first]) results.set(isPruning, await besideOf({ sql, db, box, other, beside }, isPruning));
      const [withPrune, without] = [results.get(true)!, results.get(false)!];
      shares.push({ emit: withPrune.emit / without.emit, drain: withPrune.drain / without.drain });
    }
    return {
      ...gone,
      rate,
      emitShare: median(shares.map(({ emit }) => emit)),
      drainShare: median(shares.map(({ drain }) => drain)),
    };
  } finally {
    await box.close();
    await other.close();
    await Promise.all([sql, client, otherClient].map((one) => one.end({ timeout: 1 })));
  }
}

interface Rates {
  readonly emit: number;
  readonly drain: number;
}

interface Beside {
  readonly sql: postgres.Sql;
  readonly db: PostgresJsDatabase;
  readonly box: Signalbox;
  readonly other: Signalbox;
  readonly beside: number;
}

/** The rates of emits and of a drain, a prune that rests as a worker's does beside them, or not. */
async function besideOf({ sql, db, box, other, beside }: Beside, isPruning: boolean): Promise<Rates> {
  if (isPruning) await fill(sql, Math.max(20_000, beside * 4));
  await sql`vacuum analyze`;
  await sql`checkpoint`;
  const end = new AbortController();
  const pruning = isPruning ? pruneWithRests(other, end.signal) : undefined;
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work();
    return beside / ((performance.now() - begun) / 1_000);
  };
  const emit = await time(() => emitAll(db, beside));
  const drain = await time(() => box.drain());
  end.abort();
  await pruning;
  return { emit, drain };
}

async function emitAll(db: PostgresJsDatabase, count: number): Promise<void> {
  const send = async (): Promise<void> => {
    for (let value = 0; value < count / SENDERS; value++)
      await db.transaction(async (tx) => void (await happened.emitReliable(tx, { value })));
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
}

/** As a worker does. */
async function pruneWithRests(box: Signalbox, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const batch = new AbortController();
    const begun = performance.now();
    await box.prune({ abortSignal: batch.signal, onProgress: () => batch.abort() }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, RESTS_PER_BATCH * (performance.now() - begun)));
  }
}

/** Emissions of the last 30 days, with two completed deliveries each. */
async function fill(sql: postgres.Sql, count: number): Promise<void> {
  for (let done = 0; done < count; done += FILL_AT_ONCE) {
    const now = Math.min(FILL_AT_ONCE, count - done);
    await sql.unsafe(`
      with at as materialized (
        select now() - interval '30 days' * (1 - (${done} + n)::float8 / ${count}) - interval '2 hours' as at, n from generate_series(1, ${now}) n
      ), e as (
        insert into signalbox.emission (id, signal, version, payload, emitted_at)
        select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid,
          'pruning.happened', 1, jsonb_build_object('value', n, 'text', repeat('x', 80)), at from at
        returning id, emitted_at
      )
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select 1000000000 + row_number() over (), id, r, 1, 0, 'completed', 1, 1, 0, emitted_at + interval '1 second' from e, generate_series(1, 2) r`);
  }
  await sql`vacuum analyze`;
  await sql`checkpoint`;
}

const median = (values: readonly number[]): number =>
  values.length === 0 ? NaN : values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
