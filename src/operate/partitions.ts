// box.partitions: tables in partitions by time, for those who keep so much that deleting rows is not enough. For a box of the owner of
// the tables.
import type { WaitOptions } from '../core/abort.ts';
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { EVERY, type Every, firstIdAt, type Period, periodAt, periodsFrom, timeOfId } from '../core/periods.ts';
import type { Ages } from '../core/retention.ts';
import { abortSignal, callable, oneOf, timer, whole } from '../core/rules.ts';
import { DAY_MS } from '../core/duration.ts';
import { isConflict, sqlState } from '../drivers/error-kind.ts';
import { SignalboxError } from '../errors.ts';
import { sleep } from '../liveness/sleep.ts';
import { partitionMigration } from '../store/partitions/migration.ts';
import type { DroppedPartition, PartitionRange, PartitionsNow, PartitionsStore } from '../store/partitions/partitions.ts';
import { ACT_OPTIONS, type ActOptions, type Audit, BY_CODE } from './audit.ts';
import type { Openness } from './emissions.ts';

/** Options of `box.partitions.migration`. */
export interface PartitionMigrationOptions {
  /** The length of a partition: `'day'`, `'week'` from Monday on, or `'month'`, all in UTC. */
  readonly every: Every;
  /** How many partitions it makes. 1 to 1000. Default 4. */
  readonly ahead?: number;
}

export interface TendOptions extends WaitOptions, ActOptions {
  /** As in the migration. */
  readonly every: Every;
  /** How many past periods are kept whole, besides the one that is now. 1 to 1000. */
  readonly keep: number;
  /** How many periods after the one that is now have their partitions made. 1 to 1000. Default 4. */
  readonly ahead?: number;
  /** How long a lock is waited for, before everything gives way and is tried again. Default `'2s'`. */
  readonly lockTimeout?: Duration;
  /** Called after each partition that was made, dropped or left. */
  readonly onProgress?: (soFar: TendResult) => unknown;
}

/** What was done to partitions. Each is named by the day on which its period begins, as `20261130`. */
export interface TendResult {
  readonly created: readonly string[];
  /** `setAside`: how many emissions had to stay, and are in the default partition now. */
  readonly dropped: readonly { readonly name: string; readonly setAside: number }[];
  /** Too many of its emissions have to stay, or its locks could not be had. */
  readonly left: readonly { readonly name: string; readonly reason: 'staying' | 'locked' }[];
}

const most = whole(1, 1_000);
const every = oneOf(...EVERY);

export const PARTITION_MIGRATION_OPTIONS: OptionTable<PartitionMigrationOptions> = { every, ahead: most };
export const TEND_OPTIONS: OptionTable<TendOptions> = {
  every,
  keep: most,
  ahead: most,
  lockTimeout: timer({ least: '1ms' }),
  onProgress: callable,
  abortSignal,
  ...ACT_OPTIONS,
};

const AHEAD = 4;
/** A migration may be applied until then. */
const LEAST_UNTIL_FIRST_MS = 7 * DAY_MS;
const TRIES = 5;
/** Names of dropped partitions in the audit: more are there only at the first time. */
const MOST_NAMED = 20;
const FIRST_PAUSE_MS = 500;

export interface PartitionsParts {
  readonly store: PartitionsStore;
  readonly schema: string;
  readonly ages: Ages;
  readonly audit: Audit;
  readonly box: Openness;
}

/** The partitions of `emission` and `settled`. */
export class Partitions {
  readonly #parts: PartitionsParts;

  /** @internal Made by the box. */
  constructor(parts: PartitionsParts) {
    this.#parts = parts;
  }

  /**
   * SQL text for a migration of your own that partitions the tables; nothing is sent. The rows so far become one partition, which ends a
   * week from now at the earliest: apply it before that. @throws SignalboxError `InvalidOption`
   */
  migration(options: PartitionMigrationOptions): string {
    checkOptions(options, PARTITION_MIGRATION_OPTIONS, 'partitions.migration', { required: ['every'] });
    const first = periodAt(Date.now() + LEAST_UNTIL_FIRST_MS, options.every).toMs;
    return partitionMigration(this.#parts.schema, periodsFrom(first, options.every, options.ahead ?? AHEAD));
  }

  /**
   * Makes partitions ahead, and drops those before the kept ones: what must stay of them, by the `retention` of the box, is set aside first.
   * To be run once a day by an owner of the tables. May be ended and run again at any time.
   * @throws SignalboxError `InvalidOption`, `BoxClosed`, `MigrationMissing` if the tables are not partitioned; the reason of `abortSignal`
   */
  async tend(options: TendOptions): Promise<TendResult> {
    const { audit, box, store } = this.#parts;
    box.assertOpen();
    checkOptions(options, TEND_OPTIONS, 'partitions.tend', { required: ['every', 'keep'] });
    const found = await store.list();
    if (found.ranges.length === 0)
      throw new SignalboxError(
        'MigrationMissing',
        `The tables of ${this.#parts.schema} are not partitioned. Apply the migration that partitions.migration() returns.`,
        { details: { missing: [] } },
      );
    const { by = BY_CODE, every, keep } = options;
    return audit.record(
      { by, act: 'partitions.tend', about: { every, keep } },
      () => this.#tend(found, options),
      ({ created, dropped, left }) => ({
        created: created.length,
        dropped: dropped.map(({ name }) => name).slice(0, MOST_NAMED),
        left: left.length,
      }),
    );
  }

  async #tend({ nowMs, ranges }: PartitionsNow, options: TendOptions): Promise<TendResult> {
    const { store, ages } = this.#parts;
    const { keep, ahead = AHEAD, lockTimeout = '2s', onProgress, abortSignal: signal } = options;
    const lockTimeoutMs = toMs(lockTimeout, 'partitions.tend: lockTimeout');
    let soFar: TendResult = { created: [], dropped: [], left: [] };
    const told = (more: Partial<TendResult>): void => {
      soFar = { ...soFar, ...more };
      onProgress?.(soFar);
    };
    for (const period of missing(ranges, nowMs, options.every, ahead)) {
      signal?.throwIfAborted();
      const done = await unlessLocked(() => store.create(period, lockTimeoutMs).then(() => true), signal);
      told(done ? { created: [...soFar.created, period.name] } : { left: [...soFar.left, { name: period.name, reason: 'locked' }] });
    }
    for (const range of over(ranges, nowMs, options.every, keep)) {
      signal?.throwIfAborted();
      const done: DroppedPartition | undefined = await unlessLocked(() => store.drop(range, ages, { lockTimeoutMs }), signal);
      const { name } = range;
      if (done?.isDropped) told({ dropped: [...soFar.dropped, { name, setAside: done.setAside }] });
      else told({ left: [...soFar.left, { name, reason: done ? 'staying' : 'locked' }] });
    }
    return soFar;
  }
}

/** The periods from now on that lack a partition. Those that an earlier partition reaches into begin where it ends. */
export function missing(ranges: readonly PartitionRange[], nowMs: number, length: Every, ahead: number): Period[] {
  const overlaps = ({ fromMs, toMs: endMs }: Period): boolean =>
    ranges.some(({ fromId, toId }) => fromId < firstIdAt(endMs) && toId > firstIdAt(fromMs));
  return periodsFrom(nowMs, length, ahead + 1).filter((period) => !overlaps(period));
}

/** The partitions that end before the kept periods begin. */
export function over(ranges: readonly PartitionRange[], nowMs: number, length: Every, keep: number): PartitionRange[] {
  let fromMs = periodAt(nowMs, length).fromMs;
  for (let count = 0; count < keep; count++) ({ fromMs } = periodAt(fromMs - 1, length));
  return ranges.filter(({ toId }) => timeOfId(toId) <= fromMs);
}

/** Tries until the locks are had, and gives up after some tries. */
async function unlessLocked<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) !== '55P03' && !isConflict(error)) throw error;
    }
    if (attempt < TRIES) await sleep(FIRST_PAUSE_MS * attempt, signal);
    signal?.throwIfAborted();
  }
  return undefined;
}
