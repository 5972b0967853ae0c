// How failures of tests show values: on one line, and bounded.
import { inspect } from 'node:util';

/** The most items that a failure lists. */
export const MOST_LISTED = 20;

export const show = (value: unknown): string => inspect(value, { depth: 4, breakLength: Infinity, maxStringLength: 200 });

/** Some lines after a heading, and how many more there are; or a sentence if there are none. */
export function listed(heading: string, lines: readonly string[], none: string): string {
  if (lines.length === 0) return none;
  const more = lines.length > MOST_LISTED ? [`  and ${lines.length - MOST_LISTED} more`] : [];
  return [heading, ...lines.slice(0, MOST_LISTED).map((line) => `  ${line}`), ...more].join('\n');
}

/** `at least once`, `once`, `3 times`. */
export const wantedTimes = (times: number | undefined): string =>
  times === undefined ? 'at least once' : times === 1 ? 'once' : `${times} times`;
