// How long finished deliveries are kept: the option of a box, and the ages that come of it. Pure.
import { type Duration, msOf } from './duration.ts';
import type { SettledState } from './delivery.ts';
import type { OptionTable, Rule } from './options.ts';
import { SignalboxError } from '../errors.ts';

/** How long finished deliveries are kept, by their state. `false`: for ever. Nothing is pruned within an hour of its end, whatever is said here. */
export interface RetentionOptions {
  /** Also that of emissions without deliveries. Default `'7d'`. */
  readonly completed?: Duration | false;
  /** Default `'30d'`. */
  readonly cancelled?: Duration | false;
  /** Default `false`: someone has to look at them. */
  readonly dead?: Duration | false;
}

/** After how many milliseconds a finished delivery may go; `undefined`: never. */
export type Ages = Readonly<Record<SettledState, number | undefined>>;

export const KEPT_FOR_EVER: Ages = { completed: undefined, cancelled: undefined, dead: undefined };

const DEFAULTS: Required<RetentionOptions> = { completed: '7d', cancelled: '30d', dead: false };

const age: Rule = {
  wants: `false to keep them for ever, or milliseconds or a text such as '12h' or '7d', 3650d at most`,
  accepts: (value) => value === false || msOf(value) !== undefined,
};

export const RETENTION_OPTIONS: OptionTable<RetentionOptions> = { completed: age, cancelled: age, dead: age };

export const retentionRule: Rule = {
  wants: "false to prune nothing, or an object such as { completed: '7d', cancelled: '30d', dead: false }",
  accepts: (value) => value === false || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  table: RETENTION_OPTIONS,
};

/** @param given as the rule accepts it */
export function agesOf(given: RetentionOptions | false = {}): Ages {
  if (given === false) return KEPT_FOR_EVER;
  const of = (state: SettledState): number | undefined => msOf(given[state] ?? DEFAULTS[state]);
  return { completed: of('completed'), cancelled: of('cancelled'), dead: of('dead') };
}

export const prunesAnything = (ages: Ages): boolean => Object.values(ages).some((ms) => ms !== undefined);

/**
 * The ages of one prune: those of the box, of these states alone, or another age for each of them.
 * @param states default: those that the box prunes
 * @throws SignalboxError `InvalidOption` if a state has no age
 */
export function agesFor(ages: Ages, states: readonly SettledState[] | undefined, olderThanMs: number | undefined): Ages {
  const wanted = states ?? (Object.keys(ages) as SettledState[]).filter((state) => ages[state] !== undefined);
  if (wanted.length === 0)
    throw new SignalboxError(
      'InvalidOption',
      'box.prune: there is nothing to prune: the retention of this box is false. Give states and olderThan, or createSignalbox a retention.',
    );
  const chosen = wanted.map((state): [SettledState, number] => {
    const ms = olderThanMs ?? ages[state];
    if (ms === undefined)
      throw new SignalboxError(
        'InvalidOption',
        `box.prune: the retention of ${state} deliveries is false. Give olderThan, or leave ${state} out of states.`,
      );
    return [state, ms];
  });
  return { ...KEPT_FOR_EVER, ...Object.fromEntries(chosen) };
}
