// Measures an outage of a service that a receiver calls: its cost for the database, and the time until the calm rate is
// back.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal, type Signalbox, Unavailable } from '../../src/index.ts';
import { readMigrations } from '../support/migrations.ts';

const happened = defineSignal('outage.happened', z.object({ value: z.number() }));

export interface OutageOptions {
  /** A database without tables, on a server that is used for nothing else: WAL is counted for the whole server. */
  readonly url: string;
  /** Deliveries that wait when the outage begins. */
  readonly waiting: number;
  /** Deliveries that are completed before, for the calm rate. */
  readonly calm: number;
  /** The delay that the receiver asks for, in milliseconds. */
  readonly pauseMs: number;
  /** Resolves when it is over. */
  readonly lasts: (box: Signalbox) => Promise<unknown>;
}

export interface OutageReport {
  /** Deliveries a second. */
  readonly calmRate: number;
  readonly outageMs: number;
  readonly walBytes: number;
  readonly errorRows: number;
  /** Of all that wait. */
  readonly attempts: number;
  /** Calls of the receiver during the outage. */
  readonly calls: number;
  /** From its end to the end of the first second in which 80 % of the calm rate were completed, in milliseconds. */
  readonly recoveredMs: number;
  /** Completed in the end. */
  readonly completed: number;
}

const EMIT_AT_ONCE = 5_000;
const WINDOW_MS = 1_000;
const SHARE = 0.8;

export async function measureOutage({ url, waiting, calm, pauseMs, lasts }: OutageOptions): Promise<OutageReport> {
  const state = { isAway: false, calls: 0 };
  class Caller {
    @OnSignal(happened, { retry: { attempts: 2 } })
    static async receive(): Promise<void> {
      state.calls++;
      if (state.isAway) throw new Unavailable(pauseMs, 'away');
    }
  }
  const client = postgres(url, { max: 14, onnotice: () => {}, fetch_types: false });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(await readMigrations());
  // Rows that the calm time leaves to be vacuumed do not belong to the outage. That goes for the server's own tables, too: the statistics of the
  // ANALYZE below, vacuumed a minute later, were a third of all WAL.
  await sql`alter system set autovacuum = off`;
  await sql`select pg_reload_conf()`;
  const db = drizzle({ client });
  const box = createSignalbox({ db, services: [Caller], log: false });
  try {
    for (let sent = 0; sent < waiting + calm; sent += EMIT_AT_ONCE) {
      const payloads = Array.from({ length: Math.min(EMIT_AT_ONCE, waiting + calm - sent) }, (_, value) => ({ value }));
      await db.transaction(async (tx) => void (await happened.emitMany(tx, payloads)));
    }
    await sql`vacuum analyze`;
    await sql`checkpoint`;

    const completedAt: number[] = [];
    box.on('delivery.completed', () => completedAt.push(performance.now()));
    const isCalm = box.next('delivery.completed', () => completedAt.length >= calm);
    const worker = box.worker();
    await worker.start();
    const begun = performance.now();
    await isCalm;
    const calmRate = (completedAt.length / (performance.now() - begun)) * 1_000;

    const paused = box.next('receiver.paused');
    const [before] = await sql<[{ lsn: string }]>`select pg_current_wal_insert_lsn()::text as lsn`;
    state.isAway = true;
    state.calls = 0;
    const outageAt = performance.now();
    await paused;
    await lasts(box);
    const { calls } = state;
    const outageMs = performance.now() - outageAt;
    const [cost] = await sql<[{ wal: string; errors: number; attempts: number }]>`
      select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), ${before.lsn}::pg_lsn)::text as wal,
        (select count(*)::int from signalbox.delivery_error) as errors,
        (select coalesce(sum(attempt), 0)::int from signalbox.delivery where state = 'ready') as attempts`;

    const atEnd = completedAt.length;
    const backAt = performance.now();
    const allDone = box.next('delivery.completed', () => completedAt.length >= waiting + calm);
    state.isAway = false;
    await allDone;
    await worker.stop();
    return {
      calmRate,
      outageMs,
      walBytes: Number(cost.wal),
      errorRows: cost.errors,
      attempts: cost.attempts,
      calls,
      recoveredMs: recoveredAfter(
        completedAt.slice(atEnd).map((at) => at - backAt),
        calmRate,
      ),
      completed: completedAt.length,
    };
  } finally {
    await box.close();
    await Promise.all([client.end(), sql.end()]);
  }
}

/** @param times of completions, since the end of the outage, in their order */
export function recoveredAfter(times: readonly number[], calmRate: number): number {
  const wanted = Math.max(1, Math.ceil((calmRate * SHARE * WINDOW_MS) / 1_000));
  for (let last = wanted - 1; last < times.length; last++) if (times[last]! - times[last - wanted + 1]! <= WINDOW_MS) return times[last]!;
  // Less than a second's worth was left.
  return times.at(-1) ?? Infinity;
}
