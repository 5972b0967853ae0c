// What a tally counts, and the bounds of its buckets. The bounds are stored with nothing: rows of all versions of this package have the
// same, so they never change.

/** How a run ended. `retrying`: it failed and runs again; `released`: it was not charged; `stale`: another worker had the delivery by then. */
export const OUTCOMES = ['completed', 'retrying', 'dead', 'cancelled', 'released', 'stale'] as const;

/** How a run ended. */
export type TallyOutcome = (typeof OUTCOMES)[number];

/** Emissions of one signal and one cause. */
export interface EmitCount {
  readonly signal: string;
  /** The receiver that emitted, as its deliveries carry it; 0: none. */
  readonly cause: number;
  readonly n: number;
}

/** Milliseconds: a bucket counts up to its bound and not up to the one before. One more counts what is longer than all. */
export const BUCKET_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 3_600_000,
];

export const BUCKETS = BUCKET_BOUNDS.length + 1;

/** Buckets that count nothing. */
export const emptyBuckets = (): number[] => Array.from({ length: BUCKETS }, () => 0);

/** The bucket of a time. */
export function bucketOf(ms: number): number {
  let index = 0;
  while (index < BUCKET_BOUNDS.length && ms > BUCKET_BOUNDS[index]!) index++;
  return index;
}

/**
 * A quantile of what buckets count, in milliseconds, drawn straight between the bounds of its bucket; `undefined` if they count nothing. Of
 * what is longer than all bounds it tells the last bound.
 * @param q from 0 to 1
 */
export function quantileOf(buckets: readonly number[], q: number): number | undefined {
  const total = buckets.reduce((sum, n) => sum + n, 0);
  if (total === 0) return undefined;
  const wanted = q * total;
  let before = 0;
  for (const [index, n] of buckets.entries()) {
    if (n > 0 && before + n >= wanted) {
      const upper = BUCKET_BOUNDS[index];
      if (upper === undefined) break;
      const lower = BUCKET_BOUNDS[index - 1] ?? 0;
      return lower + ((upper - lower) * Math.max(0, wanted - before)) / n;
    }
    before += n;
  }
  return BUCKET_BOUNDS.at(-1)!;
}
