// Checks the claims of the demo: each claim compares the found state of the database with the expected state. A claim
// that does not hold does not stop the demo, but is named at the end, and decides the exit code.
import { isDeepStrictEqual } from 'node:util';

export interface CheckResult {
  readonly claim: string;
  readonly holds: boolean;
  readonly expected: unknown;
  readonly found: unknown;
}

export function check(claim: string, found: unknown, expected: unknown): CheckResult {
  return { claim, holds: isDeepStrictEqual(found, expected), expected, found };
}

/** One scenario and its outcome. */
export interface ScenarioReport {
  readonly title: string;
  /** One sentence that its checks prove together. */
  readonly proves: string;
  readonly checks: readonly CheckResult[];
  /** The error that stopped the scenario. */
  readonly error?: unknown;
}

/** A scenario without a check proves nothing. */
export const isProven = ({ checks, error }: ScenarioReport): boolean =>
  error === undefined && checks.length > 0 && checks.every(({ holds }) => holds);

/** Returns 0 only if there is at least one scenario and all of them are proven. */
export const exitCodeOf = (reports: readonly ScenarioReport[]): 0 | 1 => (reports.length > 0 && reports.every(isProven) ? 0 : 1);
