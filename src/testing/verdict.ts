// The verdict on an expectation, which assertions throw and matchers return.
import { AssertionError } from 'node:assert';

export interface Verdict {
  readonly pass: boolean;
  /** Why it does not hold; with `isNot`, why its opposite does not. */
  message(isNot?: boolean): string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** @throws AssertionError */
export function insist({ pass, message, actual, expected }: Verdict, asserting: (...args: never[]) => unknown): void {
  if (pass) return;
  throw new AssertionError({ message: message(), actual, expected, operator: asserting.name, stackStartFn: asserting });
}
