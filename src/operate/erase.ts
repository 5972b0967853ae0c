// box.erase: blanks the emissions of one person. It walks through all of them, in batches that are safe to run again: what is blank does
// not match any more, so an erasure that was ended is begun anew.
import type { WaitOptions } from '../core/abort.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { abortSignal, callable, flag } from '../core/rules.ts';
import type { EraseStore } from '../store/retention/erase.ts';
import { ACT_OPTIONS, type ActOptions, type Audit, BY_CODE } from './audit.ts';
import type { Openness } from './emissions.ts';
import { PAYLOAD, type PayloadFilter, stepsOf } from './filter.ts';

/** What `box.erase` blanks: the emissions whose payload has the value at the path. */
export interface EraseOptions extends PayloadFilter, ActOptions, WaitOptions {
  /** Counts, and blanks nothing. Default false. */
  readonly dryRun?: boolean;
  /** Called after each batch, with what is blank so far. */
  readonly onProgress?: (soFar: EraseResult) => unknown;
}

/** What an erasure did, or would do. */
export interface EraseResult {
  /** Emissions that were blanked. */
  readonly emissions: number;
  /** Stored errors of their deliveries that were blanked; 0 in a dry run. */
  readonly errors: number;
  /**
   * Emissions that were left, because a delivery of theirs waits, runs or is being acted on: the ids of the first 1,000. Cancel these
   * deliveries or wait for their ends, and erase again.
   */
  readonly waiting: readonly string[];
  /** How many were left. */
  readonly left: number;
}

export const ERASE_OPTIONS: OptionTable<EraseOptions> = { ...PAYLOAD, ...ACT_OPTIONS, dryRun: flag, onProgress: callable, abortSignal };

const MOST_NAMED = 1_000;

export interface ErasingParts {
  readonly store: EraseStore;
  readonly audit: Audit;
  readonly box: Openness;
}

export class Erasing {
  readonly #parts: ErasingParts;

  constructor(parts: ErasingParts) {
    this.#parts = parts;
  }

  /** @throws SignalboxError `InvalidOption`, `BoxClosed`; the reason of `abortSignal` when that is aborted */
  async erase(options: EraseOptions): Promise<EraseResult> {
    const { audit, box } = this.#parts;
    box.assertOpen();
    checkOptions(options, ERASE_OPTIONS, 'box.erase', { required: ['path', 'value'] });
    if (options.dryRun) return this.#walk(options);
    // Never the value: the audit outlives the person's data.
    const act = { by: options.by ?? BY_CODE, act: 'erase', about: { path: options.path } };
    return audit.record(
      act,
      () => this.#walk(options),
      ({ emissions, errors, left }) => ({ emissions, errors, left }),
    );
  }

  async #walk({ path, value, dryRun = false, onProgress, abortSignal: signal }: EraseOptions): Promise<EraseResult> {
    const { store, box } = this.#parts;
    const wanted = { path: stepsOf(path), value };
    let total: EraseResult = { emissions: 0, errors: 0, waiting: [], left: 0 };
    for (let after: string | undefined, isLast = false; !isLast;) {
      signal?.throwIfAborted();
      box.assertOpen();
      const batch = await store.erase(wanted, after, { dryRun });
      ({ after, isLast } = batch);
      total = {
        emissions: total.emissions + batch.emissions,
        errors: total.errors + batch.errors,
        waiting: [...total.waiting, ...batch.waiting].slice(0, MOST_NAMED),
        left: total.left + batch.waiting.length,
      };
      onProgress?.(total);
    }
    return total;
  }
}
