// The settings of each system that are tried, so that each is compared at its best on the machine of the run.
import type { Settings, SystemName, Work } from '../systems/system.ts';

export interface Found {
  /** How they are told; `undefined` if the system has no choice. */
  readonly name: string | undefined;
  readonly settings: Settings | undefined;
}

type Tried = Readonly<Record<string, Settings>>;

const tried: Readonly<Record<SystemName, (work: Work) => Tried>> = {
  signalbox: (work) =>
    work === 'noop'
      ? { '500 at a time': { concurrency: 500 }, '1,000 at a time': { concurrency: 1_000 } }
      : { '8 at a time': { concurrency: 8 }, '24 at a time': { concurrency: 24 } },
  'graphile-worker': () => ({
    '8 at a time, local queue of 500': { concurrency: 8, ahead: 500 },
    '24 at a time, local queue of 500': { concurrency: 24, ahead: 500 },
    '24 at a time, local queue of 1,000': { concurrency: 24, ahead: 1_000 },
    '24 at a time, local queue of 2,000': { concurrency: 24, ahead: 2_000 },
  }),
  'pg-boss': (work) =>
    work === 'noop'
      ? {
          '4 workers, batches of 1,000': { concurrency: 4, ahead: 1_000 },
          '8 workers, batches of 500': { concurrency: 8, ahead: 500 },
          '4 workers, batches of 2,000': { concurrency: 4, ahead: 2_000 },
        }
      : {
          '8 workers, batches of 50': { concurrency: 8, ahead: 50 },
          '8 workers, batches of 50, no burst': { concurrency: 8, ahead: 50, burst: false },
          '24 workers, batches of 50': { concurrency: 24, ahead: 50 },
          '8 workers, batches of 200': { concurrency: 8, ahead: 200 },
        },
  floor: () => ({}),
};

const found = new Map<string, Found>();

/** Of two trials each, in turn, the one with the best: another trial may have had the machine for itself. */
export async function bestSettings(system: SystemName, work: Work, rate: (settings: Settings) => Promise<number>): Promise<Found> {
  const key = `${system} ${work}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const all = Object.entries(tried[system](work));
  const best = await bestOf(all, rate);
  found.set(key, best);
  return best;
}

export async function bestOf(
  all: readonly [name: string, settings: Settings][],
  rate: (settings: Settings) => Promise<number>,
): Promise<Found> {
  let best: Found & { rate: number } = { name: undefined, settings: undefined, rate: 0 };
  for (let trial = 0; trial < 2; trial += 1)
    for (const [name, settings] of all) {
      const reached = await rate(settings);
      if (reached > best.rate) best = { name, settings, rate: reached };
    }
  return { name: best.name, settings: best.settings };
}
