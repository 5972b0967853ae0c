// Times and numbers as people read them. All times are UTC, as in the log of the database.
import type { FC } from 'hono/jsx';
import type { Counted } from '../../operate/paging.ts';

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** `4 min`, `2 h`; less than a second is `0 s`. */
export function span(ms: number): string {
  const [size, unit] = UNITS.find(([least]) => ms >= least) ?? [1_000, 's'];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** A time as `4 min ago` or `in 2 h`. @param now the clock of this process, whose lead or lag makes no time of the past one of the future */
export function told(at: Date, now: number, past = true): string {
  const ms = now - at.getTime();
  if (ms >= 0) return ms < 1_000 ? 'now' : `${span(ms)} ago`;
  return past && ms > -5_000 ? 'now' : `in ${span(-ms)}`;
}

/** `2026-11-29 00:31:07` */
export const stamp = (at: Date): string => at.toISOString().slice(0, 19).replace('T', ' ');

export const Time: FC<{ at: Date | undefined; full?: boolean }> = ({ at, full = false }) =>
  at === undefined ? (
    <span class="quiet">–</span>
  ) : (
    <time datetime={at.toISOString()} title={`${stamp(at)} UTC`} class="nowrap">
      {full ? `${stamp(at)} UTC` : told(at, Date.now())}
    </time>
  );

const grouped = (n: number): string => n.toLocaleString('en-US');

/** A number that was counted to a limit: `1,000+`. */
export const countText = ({ count, more }: Counted): string => `${grouped(count)}${more ? '+' : ''}`;

export const Count: FC<{ of: Counted; hot?: boolean }> = ({ of, hot = false }) => (
  <span class={of.count === 0 && !of.more ? 'zero' : hot ? 'hot' : undefined}>{countText(of)}</span>
);

export const wholeNumber = grouped;
