// The statistics of the rounds of a row.
import type { SystemName } from './systems/system.ts';

export type Better = 'higher' | 'lower';

/** One number of one round. */
export interface Sample {
  readonly row: string;
  readonly unit: string;
  readonly better: Better;
  readonly value: number;
  /** A note beside the number, if any: for example that it is documented rather than measured. */
  readonly note?: string;
  /** The parts of the value, by name. */
  readonly parts?: Readonly<Record<string, number>>;
  /** The settings of the system, if the best were looked for. */
  readonly setting?: string;
}

/** A row of one system over all rounds; what `--json` writes. */
export interface Result {
  readonly row: string;
  readonly system: SystemName;
  readonly unit: string;
  readonly better: Better;
  readonly median: number;
  readonly rounds: readonly number[];
  readonly note?: string;
  /** The median of each part. */
  readonly parts?: Readonly<Record<string, number>>;
  readonly setting?: string;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Interpolates between two values. @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}

/** The rounds of each row, in the order in which the rows came. */
export function collect(system: SystemName, rounds: readonly (readonly Sample[])[]): Result[] {
  const rows = new Map<string, Sample[]>();
  for (const sample of rounds.flat()) rows.set(sample.row, [...(rows.get(sample.row) ?? []), sample]);
  return [...rows.values()].map((samples) => {
    const { row, unit, better, note, setting } = samples[0]!;
    const values = samples.map(({ value }) => value);
    const parts = partsOf(samples);
    return {
      row,
      system,
      unit,
      better,
      median: median(values),
      rounds: values,
      ...(note === undefined ? {} : { note }),
      ...(parts === undefined ? {} : { parts }),
      ...(setting === undefined ? {} : { setting }),
    };
  });
}

function partsOf(samples: readonly Sample[]): Record<string, number> | undefined {
  const names = Object.keys(samples[0]!.parts ?? {});
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, median(samples.map(({ parts }) => parts?.[name] ?? Number.NaN))]));
}

/** The factor by which the first is better than the second: below 1 it is worse. */
export function timesBetter(better: Better, one: number, other: number): number {
  return better === 'higher' ? one / other : other / one;
}
