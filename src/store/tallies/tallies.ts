// Tallies and gauges in the store. Parameters are encoded here and rows decoded, nothing is decided.
import type { TallyOutcome } from '../../core/tally.ts';
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import { sampleGauges } from './gauges.sql.ts';
import * as reading from './reading.sql.ts';
import * as sql from './tallies.sql.ts';

export { GAUGED } from './gauges.sql.ts';

/** All that a process has counted of a minute, a receiver, a worker and an outcome. */
export interface TallyRow {
  /** Seconds since 1970. */
  readonly minute: number;
  readonly receiver: number;
  readonly worker: number;
  readonly outcome: TallyOutcome;
  readonly n: number;
  readonly total: number;
  readonly lag: number;
  readonly buckets: readonly number[];
  readonly lags: readonly number[];
}

/** All that a process has counted of a minute, a signal and a cause. */
export interface EmissionTallyRow {
  readonly minute: number;
  readonly signal: string;
  /** The receiver that emitted, 0 for none. */
  readonly cause: number;
  readonly n: number;
}

/** A span of time, in milliseconds since 1970, and how many seconds of it are one step. */
export interface TallySpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
}

export type RunRow = RowOf<typeof reading.readRuns.columns>;
export type EmitRow = RowOf<typeof reading.readEmits.columns>;
export type WorkerRow = RowOf<typeof reading.readWorkers.columns>;
export type GaugeRow = RowOf<typeof reading.readGauges.columns>;

/** Rows that one statement folds or forgets. */
export const FOLD_BATCH = 10_000;

export class TalliesStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  /** Returns the database's time, in microseconds since 1970. */
  async writeRuns(rows: readonly TallyRow[]): Promise<number> {
    return (await this.#pool(sql.writeTallies, [JSON.stringify(rows)]))[0]!.now_us;
  }

  /** Returns the database's time, in microseconds since 1970. */
  async writeEmits(rows: readonly EmissionTallyRow[], processId: string): Promise<number> {
    return (await this.#pool(sql.writeEmissionTallies, [JSON.stringify(rows), processId]))[0]!.now_us;
  }

  /** Folds a batch of each table. Returns how many rows were taken. */
  async fold(spanSeconds: number, olderThanMs: number): Promise<number> {
    const params = [spanSeconds, olderThanMs, FOLD_BATCH];
    const [runs] = await this.#pool(sql.foldTallies, params);
    const [emits] = await this.#pool(sql.foldEmissionTallies, params);
    return Math.max(runs!.taken, emits!.taken);
  }

  /** Returns how many rows went. */
  async forget(olderThanMs: number): Promise<number> {
    return (await this.#pool(sql.forgetTallies, [olderThanMs, FOLD_BATCH]))[0]!.gone;
  }

  async sample(): Promise<void> {
    await this.#pool(sampleGauges, []);
  }

  /** @param which one receiver, or all; apart, or added up */
  async runs(
    { fromMs, toMs, stepSeconds }: TallySpan,
    { receiver, apart }: { readonly receiver?: string | undefined; readonly apart: boolean },
    most: number,
  ): Promise<readonly RunRow[]> {
    return this.#pool(reading.readRuns, [fromMs, toMs, stepSeconds, receiver ?? null, most, String(apart)]);
  }

  async emits({ fromMs, toMs, stepSeconds }: TallySpan, most: number): Promise<readonly EmitRow[]> {
    return this.#pool(reading.readEmits, [fromMs, toMs, stepSeconds, most]);
  }

  async workers(fromMs: number, toMs: number): Promise<readonly WorkerRow[]> {
    return this.#pool(reading.readWorkers, [fromMs, toMs]);
  }

  async gauges(): Promise<readonly GaugeRow[]> {
    return this.#pool(reading.readGauges, []);
  }
}
