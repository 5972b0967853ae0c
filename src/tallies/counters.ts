// What a process has counted and the database may not have yet: plain numbers in memory, by minute. Counting a run is two looks into a map
// and some additions; it makes nothing but the first time of a minute.
//
// A row is written as a whole, with all that was counted of its minute so far, so that a write may be repeated (store/tallies). So a minute
// is kept until it is over and written, and no longer than KEPT_MINUTES: an hour later its rows are folded into those of others, to which
// nothing must be added twice.
import { MINUTE_MS } from '../core/duration.ts';
import { bucketOf, emptyBuckets, type EmitCount, type TallyOutcome } from '../core/tally.ts';
import type { EmissionTallyRow, TallyRow } from '../store/tallies/tallies.ts';

/** While the database is away. What is older is lost. */
const KEPT_MINUTES = 30;

class Counter {
  n = 0;
  total = 0;
  lag = 0;
  /** How much of `n` is written. */
  written = 0;
  readonly buckets = emptyBuckets();
  readonly lags = emptyBuckets();
  readonly worker: number;
  readonly receiver: number;
  readonly outcome: TallyOutcome;

  constructor(worker: number, receiver: number, outcome: TallyOutcome) {
    this.worker = worker;
    this.receiver = receiver;
    this.outcome = outcome;
  }
}

interface Emitted {
  readonly signal: string;
  readonly cause: number;
  n: number;
  written: number;
}

interface Minute {
  readonly seconds: number;
  /** By worker, then by receiver. A receiver has few outcomes. */
  readonly runs: Map<number, Map<number, Counter[]>>;
  readonly emits: Map<string, Map<number, Emitted>>;
}

/** Rows to be written, and what to call once they are. */
export interface Unwritten<Row> {
  readonly rows: readonly Row[];
  readonly done: () => void;
}

export class Counters {
  readonly #minutes: Minute[] = [];

  /** A run has ended. @param nowMs the database's time, as far as this process knows */
  run(nowMs: number, worker: number, receiver: number, outcome: TallyOutcome, durationMs: number, lagMs: number): void {
    const counter = this.#counterOf(this.#minuteOf(nowMs), worker, receiver, outcome);
    counter.n++;
    counter.total += durationMs;
    counter.lag += lagMs;
    counter.buckets[bucketOf(durationMs)]!++;
    counter.lags[bucketOf(lagMs)]!++;
  }

  /** A worker has ended a delivery that killed others. It counts, and its time, which nobody knows, is in no sum and no bucket. */
  died(nowMs: number, worker: number, receiver: number): void {
    this.#counterOf(this.#minuteOf(nowMs), worker, receiver, 'dead').n++;
  }

  /** Emissions are committed. */
  emitted(nowMs: number, { signal, cause, n }: EmitCount): void {
    const { emits } = this.#minuteOf(nowMs);
    let causes = emits.get(signal);
    if (causes === undefined) emits.set(signal, (causes = new Map()));
    const emitted = causes.get(cause);
    if (emitted) emitted.n += n;
    else causes.set(cause, { signal, cause, n, written: 0 });
  }

  get isEmpty(): boolean {
    return this.#minutes.length === 0;
  }

  unwrittenRuns(): Unwritten<TallyRow> {
    const counters = this.#minutes.flatMap(({ seconds, runs }) =>
      [...runs.values()].flatMap((receivers) =>
        [...receivers.values()].flat().flatMap((counter) => (counter.n > counter.written ? [{ seconds, counter }] : [])),
      ),
    );
    const rows = counters.map(({ seconds, counter: { worker, receiver, outcome, n, total, lag, buckets, lags } }) => ({
      minute: seconds,
      worker,
      receiver,
      outcome,
      n,
      total: Math.round(total),
      lag: Math.round(lag),
      // Copies: counting goes on while they are sent.
      buckets: [...buckets],
      lags: [...lags],
    }));
    return { rows, done: () => rows.forEach(({ n }, index) => (counters[index]!.counter.written = n)) };
  }

  unwrittenEmits(): Unwritten<EmissionTallyRow> {
    const emitted = this.#minutes.flatMap(({ seconds, emits }) =>
      [...emits.values()].flatMap((causes) => [...causes.values()].flatMap((each) => (each.n > each.written ? [{ seconds, each }] : []))),
    );
    const rows = emitted.map(({ seconds, each: { signal, cause, n } }) => ({ minute: seconds, signal, cause, n }));
    return { rows, done: () => rows.forEach(({ n }, index) => (emitted[index]!.each.written = n)) };
  }

  /** Drops the minutes that are over and written, and those that are too old to be. */
  dropOld(nowMs: number): void {
    const current = secondsOf(nowMs);
    const kept = this.#minutes.filter(
      (minute) => minute.seconds >= current || (minute.seconds > current - KEPT_MINUTES * 60 && !isWritten(minute)),
    );
    this.#minutes.splice(0, this.#minutes.length, ...kept);
  }

  #minuteOf(nowMs: number): Minute {
    const seconds = secondsOf(nowMs);
    const last = this.#minutes.at(-1);
    // A clock that was set back by the database's answer goes on with the minute that it was in.
    if (last && last.seconds >= seconds) return last;
    const minute = { seconds, runs: new Map(), emits: new Map() };
    this.#minutes.push(minute);
    if (this.#minutes.length > KEPT_MINUTES) this.#minutes.shift();
    return minute;
  }

  #counterOf({ runs }: Minute, worker: number, receiver: number, outcome: TallyOutcome): Counter {
    let receivers = runs.get(worker);
    if (receivers === undefined) runs.set(worker, (receivers = new Map()));
    let counters = receivers.get(receiver);
    if (counters === undefined) receivers.set(receiver, (counters = []));
    for (const counter of counters) if (counter.outcome === outcome) return counter;
    const counter = new Counter(worker, receiver, outcome);
    counters.push(counter);
    return counter;
  }
}

const secondsOf = (ms: number): number => Math.floor(ms / MINUTE_MS) * 60;

const isWritten = ({ runs, emits }: Minute): boolean =>
  [...runs.values()].every((receivers) => [...receivers.values()].flat().every(({ n, written }) => n === written)) &&
  [...emits.values()].every((causes) => [...causes.values()].every(({ n, written }) => n === written));
