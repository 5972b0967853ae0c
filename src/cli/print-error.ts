// Prints an error for a person. An error of Signalbox says what to do next; any other needs its stack.
import { errorReport } from '../core/error-report.ts';
import { isSignalboxError } from '../errors.ts';
import { UsageError } from './help.ts';

/** Writes to standard error. Returns the exit code: 2 for a wrong command line, 1 for anything else. */
export function reportError(error: unknown): 1 | 2 {
  process.stderr.write(`${describe(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `signalbox: ${error.message}\n\n${error.usage}`;
  if (!isSignalboxError(error)) return `signalbox: ${stackOf(error)}`;
  // The configuration is the user's code, so the user needs the place where it threw.
  const cause = error.code === 'ConfigInvalid' && error.cause ? `\n\n${stackOf(error.cause)}` : '';
  return `signalbox: ${error.message}${cause}`;
}

/**
 * The stacks of the error and its causes, and no other member: those of an invalid URL or a failed query hold
 * confidential data.
 */
function stackOf(error: unknown): string {
  const { message, stack } = errorReport(error);
  return stack ?? message;
}
