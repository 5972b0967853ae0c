// box.tallies: what workers and emits have counted, and what waits, as one worker of the cluster counts it. No page that is drawn from
// it reads a delivery.
import { checkOptions, type OptionTable } from '../core/options.ts';
import { DAY_MS, type Duration, HOUR_MS, MINUTE_MS, toMs } from '../core/duration.ts';
import { date, duration, oneOf } from '../core/rules.ts';
import { OUTCOMES, type TallyOutcome } from '../core/tally.ts';
import { SignalboxError } from '../errors.ts';
import { type EmitRow, GAUGED, type GaugeRow, type RunRow, type TalliesStore, type TallySpan } from '../store/tallies/tallies.ts';
import type { Openness } from './emissions.ts';
import { searched } from './filter.ts';
import type { Counted } from './paging.ts';

/** Which time of the tallies is read. */
export interface TallyOptions {
  /** Default: an hour before `to`. */
  readonly from?: Date;
  /** Not included. Default: now, and the minute that has begun. */
  readonly to?: Date;
  /**
   * The length of a step, whole minutes: what a step counts is added up. Default: such that there are 120 at most. What is older than two days is kept
   * by the hour, so a span that reaches there has steps of whole hours.
   */
  readonly step?: Duration;
}

/** Which runs are read. */
export interface RunTallyOptions extends TallyOptions {
  /** The stored name of one receiver. Default: all. */
  readonly receiver?: string;
  /** Whether the receivers are told apart (the default), or added up. */
  readonly by?: 'receiver' | 'all';
}

/** Runs of receivers that ended in one step of a span, in the same way. */
export interface RunTally {
  /** The beginning of the step. */
  readonly at: Date;
  /** The stored name; `undefined` if all are added up, or if it has gone from the catalogue. */
  readonly receiver: string | undefined;
  /** Name of the signal, likewise. */
  readonly signal: string | undefined;
  readonly queue: string | undefined;
  readonly outcome: TallyOutcome;
  /** How many runs. */
  readonly n: number;
  /** How long they took, added up. */
  readonly totalMs: number;
  /** From when their deliveries were due to when the runs began, added up. */
  readonly lagMs: number;
  /** How many took how long, by `BUCKET_BOUNDS`. `quantileOf` tells a percentile of it. */
  readonly buckets: readonly number[];
  /** How many waited how long, likewise. */
  readonly lagBuckets: readonly number[];
}

/** Emissions of one signal and one cause in one step of a span. */
export interface EmitTally {
  readonly at: Date;
  /** Name of the signal. */
  readonly signal: string;
  /** The receiver that emitted them; `undefined` for emits outside of receivers. */
  readonly causedBy: { readonly receiver: string; readonly signal: string } | undefined;
  readonly n: number;
}

/** Tallies, in the order of time. */
export interface Tallied<Tally> {
  readonly tallies: readonly Tally[];
  /** The length of a step. */
  readonly stepMs: number;
  /** There are more than were read: ask for a shorter span, longer steps, or one receiver. */
  readonly more: boolean;
}

/** What one worker has run. */
export interface WorkerTally {
  /** As `id` of `box.workers.list`. */
  readonly workerId: number;
  readonly outcome: TallyOutcome;
  readonly n: number;
  readonly totalMs: number;
}

/** What waits for a receiver. */
export interface Gauge {
  readonly receiver: string;
  readonly signal: string;
  readonly queue: string;
  /** Ready, and due. */
  readonly due: Counted;
  /** With a worker. */
  readonly running: Counted;
  /** Ready, and due later. */
  readonly later: Counted;
  readonly dead: Counted;
  /** Since when the oldest of the due ones has been due. */
  readonly oldestDue: Date | undefined;
  /** When it was counted. A worker of the cluster does so every 15 seconds. */
  readonly sampledAt: Date;
}

const TALLY_OPTIONS: OptionTable<TallyOptions> = { from: date, to: date, step: duration({ least: '1m', most: '90d' }) };
const RUN_OPTIONS: OptionTable<RunTallyOptions> = { ...TALLY_OPTIONS, receiver: searched, by: oneOf('receiver', 'all') };
const WORKER_OPTIONS: OptionTable<Omit<TallyOptions, 'step'>> = { from: date, to: date };

/** Steps of a span, unless the caller says otherwise. */
const STEPS = 120;
const MOST_ROWS = 20_000;
/** Minutes are folded into hours after two days, by a worker whose turn comes within this time. */
const FOLDED_MS = 2 * DAY_MS - HOUR_MS;

/** What was counted of a database. */
export class BoxTallies {
  readonly #store: TalliesStore;
  readonly #box: Openness;

  /** @internal Made by the box. */
  constructor(store: TalliesStore, box: Openness) {
    this.#store = store;
    this.#box = box;
  }

  /**
   * Runs of receivers, by step, receiver and outcome. About right: a worker writes what it has counted every 10 seconds, and one that is
   * killed loses what it has not written.
   * @throws SignalboxError `InvalidOption`, `MigrationMissing`, `BoxClosed`
   * @example
   * const { tallies } = await box.tallies.runs({ from: new Date(Date.now() - 3_600_000), by: 'all' });
   * const p95 = quantileOf(tallies[0]!.buckets, 0.95);
   */
  async runs(options: RunTallyOptions = {}): Promise<Tallied<RunTally>> {
    this.#box.assertOpen();
    checkOptions(options, RUN_OPTIONS, 'tallies.runs');
    const span = spanOf(options, 'tallies.runs');
    const rows = await this.#store.runs(span, { receiver: options.receiver, apart: options.by !== 'all' }, MOST_ROWS + 1);
    return talliedOf(rows, span, runOf);
  }

  /**
   * Emissions whose transactions have committed, by step, signal and the receiver that emitted them: the edges of the flow. Emissions of a
   * transaction that the box does not track count when they are stored.
   * @throws SignalboxError as {@link runs}
   */
  async emits(options: TallyOptions = {}): Promise<Tallied<EmitTally>> {
    this.#box.assertOpen();
    checkOptions(options, TALLY_OPTIONS, 'tallies.emits');
    const span = spanOf(options, 'tallies.emits');
    return talliedOf(await this.#store.emits(span, MOST_ROWS + 1), span, emitOf);
  }

  /** What each worker has run, by outcome: of the last hour, for older tallies are of all workers together. @throws SignalboxError as {@link runs} */
  async workers(options: Omit<TallyOptions, 'step'> = {}): Promise<WorkerTally[]> {
    this.#box.assertOpen();
    checkOptions(options, WORKER_OPTIONS, 'tallies.workers');
    const { fromMs, toMs } = spanOf(options, 'tallies.workers');
    const rows = await this.#store.workers(fromMs, toMs);
    return rows.map((row) => ({ workerId: row.worker_id, outcome: outcomeOf(row.outcome), n: row.n, totalMs: row.total_ms }));
  }

  /** What waits for each receiver, each number up to 10,000, as it was counted last. @throws SignalboxError `MigrationMissing`, `BoxClosed` */
  async gauges(): Promise<Gauge[]> {
    this.#box.assertOpen();
    return (await this.#store.gauges()).map(gaugeOf);
  }
}

/** @throws SignalboxError `InvalidOption` */
function spanOf({ from, to, step }: TallyOptions, subject: string, now = Date.now()): TallySpan {
  const endMs = to ? to.getTime() : now + MINUTE_MS;
  const fromMs = from ? from.getTime() : endMs - HOUR_MS - MINUTE_MS;
  if (fromMs >= endMs)
    throw new SignalboxError('InvalidOption', `${subject}: from is not before to. Give a span, or leave both out for the last hour.`);
  const unitMs = fromMs < now - FOLDED_MS ? HOUR_MS : MINUTE_MS;
  const wantedMs = step === undefined ? (endMs - fromMs) / STEPS : toMs(step, `${subject}: step`);
  return {
    fromMs: Math.floor(fromMs / unitMs) * unitMs,
    toMs: endMs,
    stepSeconds: (Math.max(1, Math.ceil(wantedMs / unitMs)) * unitMs) / 1_000,
  };
}

function talliedOf<Row, Tally>(rows: readonly Row[], { stepSeconds }: TallySpan, of: (row: Row) => Tally): Tallied<Tally> {
  return { tallies: rows.slice(0, MOST_ROWS).map(of), stepMs: stepSeconds * 1_000, more: rows.length > MOST_ROWS };
}

const runOf = (row: RunRow): RunTally => ({
  at: new Date(row.at_s * 1_000),
  receiver: row.receiver ?? undefined,
  signal: row.signal ?? undefined,
  queue: row.queue ?? undefined,
  outcome: outcomeOf(row.outcome),
  n: row.n,
  totalMs: row.total_ms,
  lagMs: row.lag_ms,
  buckets: JSON.parse(row.buckets) as number[],
  lagBuckets: JSON.parse(row.lag_buckets) as number[],
});

const emitOf = (row: EmitRow): EmitTally => ({
  at: new Date(row.at_s * 1_000),
  signal: row.signal,
  causedBy: row.caused_by === null ? undefined : { receiver: row.caused_by, signal: row.caused_by_signal ?? '' },
  n: row.n,
});

const gaugeOf = (row: GaugeRow): Gauge => ({
  receiver: row.receiver,
  signal: row.signal,
  queue: row.queue,
  due: countedOf(row.due),
  running: countedOf(row.running),
  later: countedOf(row.later),
  dead: countedOf(row.dead),
  oldestDue: row.oldest_due_ms === null ? undefined : new Date(row.oldest_due_ms),
  sampledAt: new Date(row.sampled_at_ms),
});

const countedOf = (n: number): Counted => ({ count: Math.min(n, GAUGED), more: n >= GAUGED });

/** A row of a newer version may have another. */
const outcomeOf = (outcome: string): TallyOutcome =>
  (OUTCOMES as readonly string[]).includes(outcome) ? (outcome as TallyOutcome) : 'stale';
