// The tallies of a box: counts in memory, and writes what it has counted every ten seconds, by a timer that keeps no process alive and
// that is set only while there is something to write. Nothing waits for a write but the end of a worker and of a drain.
//
// The race: a write is under way, and more is counted, or the worker stops. So one write runs at a time, each row is sent as a whole, and
// a flush waits for the one under way and writes once more. A write that fails is tried again with the next; it costs no delivery.
import { randomUUID } from 'node:crypto';
import type { Logger } from '../core/logger.ts';
import type { EmitCount, TallyOutcome } from '../core/tally.ts';
import { within } from '../liveness/call-timeout.ts';
import { neutrally } from '../observe/async-context.ts';
import type { TalliesStore } from '../store/tallies/tallies.ts';
import { Counters } from './counters.ts';

/** How often a process writes what it has counted. */
export const WRITE_EVERY_MS = 10_000;

/** The longest that the end of a worker, or of a box, waits for a write. */
const LAST_WRITE_MS = 2_000;

export interface TalliesParts {
  readonly store: Pick<TalliesStore, 'writeRuns' | 'writeEmits'>;
  readonly log: Logger;
}

/** The tallies of a box, if it counts. */
export const talliesOf = ({ isOn, ...parts }: TalliesParts & { readonly isOn: boolean }): Tallies | undefined =>
  isOn ? new Tallies(parts) : undefined;

export class Tallies {
  readonly #parts: TalliesParts;
  readonly #counters = new Counters();
  /** Its rows of emissions are of this box alone: another one of the process counts apart. */
  readonly #id = randomUUID();
  /** How far the database's clock is ahead of `performance.now`. */
  #aheadMs = performance.timeOrigin;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: TalliesParts) {
    this.#parts = parts;
  }

  /** The database has told its time, in microseconds since 1970. */
  anchor(nowUs: number): void {
    this.#aheadMs = nowUs / 1_000 - performance.now();
  }

  /** A run has ended. */
  ran(worker: number, receiver: number, outcome: TallyOutcome, durationMs: number, lagMs: number): void {
    this.#counters.run(this.#now(), worker, receiver, outcome, durationMs, lagMs);
    if (this.#timer === undefined) this.#wait();
  }

  /** A rescue has ended a delivery whose crash budget is spent: its run has neither a duration nor an end of its own. */
  died(worker: number, receiver: number): void {
    this.#counters.died(this.#now(), worker, receiver);
    if (this.#timer === undefined) this.#wait();
  }

  /** Emissions are committed. */
  emitted(emitted: EmitCount): void {
    this.#counters.emitted(this.#now(), emitted);
    if (this.#timer === undefined) this.#wait();
  }

  /** Writes what was counted before, and waits for it, but not for long. Never rejects: what cannot be written is tried again by the next write. */
  async flush(): Promise<void> {
    await within(LAST_WRITE_MS, 'a write of tallies', this.#flush()).catch((error: unknown) =>
      this.#parts.log.debug({ err: error }, 'what was counted could not be written in time'),
    );
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  #now(): number {
    return performance.now() + this.#aheadMs;
  }

  #wait(): void {
    if (this.#isClosed) return;
    neutrally(() => {
      this.#timer = setTimeout(() => void this.#write(), WRITE_EVERY_MS);
      this.#timer.unref();
    });
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#counters.dropOld(this.#now());
      if (!this.#counters.isEmpty && this.#timer === undefined) this.#wait();
    });
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { store, log } = this.#parts;
    // This process may have been frozen for hours: what it had written of that time is folded by now, and must not be added again.
    this.#counters.dropOld(this.#now());
    try {
      const runs = this.#counters.unwrittenRuns();
      if (runs.rows.length > 0) this.anchor(await store.writeRuns(runs.rows));
      runs.done();
      const emits = this.#counters.unwrittenEmits();
      if (emits.rows.length > 0) this.anchor(await store.writeEmits(emits.rows, this.#id));
      emits.done();
    } catch (error) {
      log.debug({ err: error }, 'what was counted could not be written yet');
    }
  }
}
