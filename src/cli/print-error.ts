// Prints an error: for a person on standard error, or as a document on standard output, where `--json` was asked for. An
// error of Signalbox says what to do next; any other needs its stack.
import { errorReport } from '../core/error-report.ts';
import { isSignalboxError } from '../errors.ts';
import { escaped } from '../core/visible.ts';
import { printDocument, say } from './output.ts';
import { INVALID_LINE, UsageError } from './usage-error.ts';

/** The code of an error that is none of Signalbox. */
const UNEXPECTED = 'Unexpected';

/** Returns the exit code: 2 for an invalid command line, 1 for anything else. */
export function reportError(error: unknown, json: boolean): 1 | 2 {
  if (json) printDocument({ error: { code: codeOf(error), message: messageOf(error) } });
  else say(escaped(describe(error)));
  return error instanceof UsageError ? 2 : 1;
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return INVALID_LINE;
  return isSignalboxError(error) ? error.code : UNEXPECTED;
}

const messageOf = (error: unknown): string =>
  error instanceof UsageError || isSignalboxError(error) ? error.message : errorReport(error).message;

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
