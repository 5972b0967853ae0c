// box.prune: deletes what retention lets go, in this process and now. Workers do the same by themselves (maintenance/tasks/prune.ts).
import type { WaitOptions } from '../core/abort.ts';
import { type SettledState, SETTLED_STATES } from '../core/delivery.ts';
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { type Ages, agesFor } from '../core/retention.ts';
import { abortSignal, callable, duration, flag, listOf, oneOf } from '../core/rules.ts';
import type { Events } from '../observe/events.ts';
import type { PrunedBatch, RetentionStore } from '../store/retention/retention.ts';
import { ACT_OPTIONS, type ActOptions, type Audit, BY_CODE } from './audit.ts';
import type { Openness } from './emissions.ts';

/** What `box.prune` deletes. */
export interface PruneOptions extends WaitOptions, ActOptions {
  /** The age of deliveries of `states`, in place of the box's `retention`. Nothing goes within an hour of its end. */
  readonly olderThan?: Duration;
  /** An emission goes if all its deliveries are in one of these, each over its age. Default: those of which the box's `retention` is not `false`. */
  readonly states?: readonly SettledState[];
  /** Counts, and deletes nothing. Default false. */
  readonly dryRun?: boolean;
  /** Called after each batch, with what went so far. */
  readonly onProgress?: (soFar: PruneResult) => unknown;
}

/** How many rows a prune deleted, or would delete. */
export interface PruneResult {
  readonly emissions: number;
  readonly deliveries: number;
  /** Stored errors of these deliveries. */
  readonly errors: number;
}

export const PRUNE_OPTIONS: OptionTable<PruneOptions> = {
  olderThan: duration(),
  states: listOf('states', oneOf(...SETTLED_STATES)),
  dryRun: flag,
  onProgress: callable,
  abortSignal,
  ...ACT_OPTIONS,
};

export interface PruningParts {
  readonly store: RetentionStore;
  readonly events: Events;
  /** Of the box's retention. */
  readonly ages: Ages;
  readonly audit: Audit;
  readonly box: Openness;
}

export class Pruning {
  readonly #parts: PruningParts;

  constructor(parts: PruningParts) {
    this.#parts = parts;
  }

  /** @throws SignalboxError `InvalidOption`, `BoxClosed`; the reason of `abortSignal` when that is aborted */
  async prune(options: PruneOptions = {}): Promise<PruneResult> {
    const { audit, box } = this.#parts;
    box.assertOpen();
    checkOptions(options, PRUNE_OPTIONS, 'box.prune');
    const { by = BY_CODE, olderThan, states } = options;
    const ages = agesFor(this.#parts.ages, states, olderThan === undefined ? undefined : toMs(olderThan, 'prune: olderThan'));
    if (options.dryRun) return this.#walk(ages, options);
    const act = { by, act: 'prune', about: { ...(olderThan !== undefined && { olderThan }), ...(states && { states }) } };
    return audit.record(
      act,
      () => this.#walk(ages, options),
      (done) => done,
    );
  }

  async #walk(ages: Ages, { dryRun = false, onProgress, abortSignal: signal }: PruneOptions): Promise<PruneResult> {
    const { store, events, box } = this.#parts;
    const begun = performance.now();
    let total: PruneResult = { emissions: 0, deliveries: 0, errors: 0 };
    try {
      for (let after: string | undefined, isLast = false; !isLast;) {
        signal?.throwIfAborted();
        box.assertOpen();
        const batch: PrunedBatch = dryRun ? await store.count(ages, after) : await store.prune(ages, after);
        total = sum(total, batch);
        ({ after, isLast } = batch);
        onProgress?.(total);
      }
    } finally {
      if (!dryRun && total.emissions > 0) events.raiseNeutrally('maintenance.pruned', { ...total, durationMs: performance.now() - begun });
    }
    return total;
  }
}

const sum = (a: PruneResult, b: PruneResult): PruneResult => ({
  emissions: a.emissions + b.emissions,
  deliveries: a.deliveries + b.deliveries,
  errors: a.errors + b.errors,
});
